filedesc://x.arc 0.0.0.0 20260914010000 text/plain 69
1 0 Herald
URL IP-address Archive-date Content-type Archive-length

http://x/ 127.0.0.1 20260230999999 text/html 5
abcde
