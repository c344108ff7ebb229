// Package tls has the certificate of localhost and its key; the counterpart of
// measure/certificate.js.
package tls

import (
	"crypto/tls"
	_ "embed"
)

//go:embed cert.pem
var cert []byte

//go:embed key.pem
var key []byte

// Config is a server's.
func Config() *tls.Config {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}
