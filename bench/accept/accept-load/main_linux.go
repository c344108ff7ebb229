// The load on a server that accepts: BENCH_CONNECTIONS connections at a time, each of which sends one
// byte, waits until it has come back, checks it and is closed; then the next takes its place.
package main

import (
	"syscall"

	"bench/measure/load"
)

// The side that closes first keeps its port from others for a minute. So that ports do not run out, the
// connections come from many addresses.
const hosts = 250

func main() {
	poll := load.NewPoll()
	bytes := map[int]byte{}
	opened := 0
	open := func() {
		fd := poll.Connect(byte(2 + opened%hosts))
		bytes[fd] = byte(opened)
		opened++
		if load.Write(fd, []byte{bytes[fd]}) != 1 {
			load.Fail("no room for a byte")
		}
	}
	for i := 0; i < load.Connections; i++ {
		open()
	}
	again, count := true, 0
	buffer := make([]byte, 16)
	on := func(fd int, _, _ bool) {
		read := load.Read(fd, buffer)
		if read == 0 {
			return
		}
		if read != 1 || buffer[0] != bytes[fd] {
			load.Fail("an echo differs from its message")
		}
		load.Check(syscall.Close(fd), "close")
		delete(bytes, fd)
		count++
		if again {
			open()
		}
	}
	load.Measure("", func(seconds float64) int {
		count = 0
		poll.Serve(seconds, on, func() bool { return true })
		return count
	})
	again = false
	poll.Serve(1, on, func() bool { return len(bytes) > 0 })
}
