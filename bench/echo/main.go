// A TCP echo server with a goroutine for each connection; with BENCH_TLS=1 over TLS. Prints its port;
// ends by itself after BENCH_LIFETIME seconds.
package main

import (
	cryptotls "crypto/tls"
	"fmt"
	"net"
	"os"
	"time"

	"bench/measure"
	"bench/tls"
)

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 65536)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func main() {
	lifetime := time.Duration(measure.Parameter("LIFETIME", 60)) * time.Second
	time.AfterFunc(lifetime, func() { os.Exit(0) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if measure.Parameter("TLS", 0) == 1 {
		listener = cryptotls.NewListener(listener, tls.Config())
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go echo(connection)
	}
}
