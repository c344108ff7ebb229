// The same with a goroutine for each connection. Prints its port; ends by itself after BENCH_LIFETIME
// seconds.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"bench/measure"
)

func answer(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 1)
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
		if buffer[0] == 'g' {
			debug.FreeOSMemory()
		}
		if _, err := connection.Write(buffer); err != nil {
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
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go answer(connection)
	}
}
