package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"bench/measure/load"
)

// A goroutine for each connection: crypto/tls knows no other way.
func overTLS() {
	var count int64
	var note string
	var open []*tls.Conn
	for i := 0; i < load.Connections; i++ {
		// The server's certificate is its own.
		config := &tls.Config{InsecureSkipVerify: true}
		connection, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", load.Port), config)
		load.Check(err, "connect")
		note = describe(connection.ConnectionState())
		open = append(open, connection)
	}
	for _, connection := range open {
		go exchange(connection, &count)
	}
	load.Measure(note, func(seconds float64) int {
		before := atomic.LoadInt64(&count)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
		return int(atomic.LoadInt64(&count) - before)
	})
}

func exchange(connection *tls.Conn, count *int64) {
	echo := make([]byte, len(message))
	for {
		_, err := connection.Write(message)
		load.Check(err, "write")
		_, err = io.ReadFull(connection, echo)
		load.Check(err, "read")
		if !bytes.Equal(echo, message) {
			load.Fail("an echo differs from its message")
		}
		atomic.AddInt64(count, 1)
	}
}

// In the words of OpenSSL: "TLSv1.3, TLS_AES_128_GCM_SHA256".
func describe(state tls.ConnectionState) string {
	version := fmt.Sprintf("TLSv1.%d", state.Version-tls.VersionTLS10)
	return version + ", " + tls.CipherSuiteName(state.CipherSuite)
}
