#!/bin/sh
# Makes the certificates of these tests. Run it in this folder if one more is needed: all are made anew.
#
#   ca            an authority
#   localhost     by it, for "localhost" and 127.0.0.1
#   other-host    by it, for "other.test" and "*.wild.test"
#   expired       by it, for "localhost", until 2001
#   client        by it, for a client
#   self-signed   by nobody else, for "localhost"
#   locked        the key of localhost, behind the passphrase "open sesame"
#
# All but "expired" are valid from 2020 to 2120.
set -eu
FROM=20200101000000Z
UNTIL=21200101000000Z

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key.pem"; }

# issue NAME SUBJECT-ALTERNATIVE-NAMES USAGE FROM UNTIL
issue() {
  key "$1"
  openssl req -new -key "$1.key.pem" -subj "/CN=heddle's $1" -out "$1.csr"
  printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\n%s\n' "$3" "$2" > "$1.ext"
  openssl ca -batch -notext -config ca.conf -in "$1.csr" -out "$1.pem" -extfile "$1.ext" \
    -startdate "$4" -enddate "$5"
  rm "$1.csr" "$1.ext"
}

printf '%s\n' '[ca]' 'default_ca=a' '[a]' 'database=index.txt' 'serial=serial' 'new_certs_dir=.' \
  'certificate=ca.pem' 'private_key=ca.key.pem' 'default_md=sha256' 'policy=p' 'unique_subject=no' \
  '[p]' 'commonName=supplied' '[v3]' 'basicConstraints=critical,CA:TRUE' \
  'keyUsage=critical,keyCertSign' 'subjectKeyIdentifier=hash' '[leaf]' 'basicConstraints=CA:FALSE' \
  'subjectAltName=DNS:localhost,IP:127.0.0.1' > ca.conf

# selfsigned NAME EXTENSIONS
selfsigned() {
  : > index.txt
  key "$1"
  openssl req -new -key "$1.key.pem" -subj "/CN=heddle's $1" -out "$1.csr"
  openssl ca -batch -notext -selfsign -config ca.conf -keyfile "$1.key.pem" -in "$1.csr" \
    -out "$1.pem" -extensions "$2" -startdate "$FROM" -enddate "$UNTIL"
  rm "$1.csr"
}

echo 1000 > serial
selfsigned self-signed leaf
selfsigned ca v3
issue localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' serverAuth "$FROM" "$UNTIL"
issue other-host 'subjectAltName=DNS:other.test,DNS:*.wild.test' serverAuth "$FROM" "$UNTIL"
issue expired 'subjectAltName=DNS:localhost,IP:127.0.0.1' serverAuth 20000101000000Z 20010101000000Z
issue client 'subjectAltName=DNS:client.test' clientAuth "$FROM" "$UNTIL"
openssl pkcs8 -topk8 -in localhost.key.pem -passout 'pass:open sesame' -out locked.key.pem
openssl pkcs12 -export -in localhost.pem -inkey localhost.key.pem -passout 'pass:open sesame' \
  -out localhost.pfx
rm -f ca.conf index.txt* serial* 1*.pem
