// The load on an echo server: BENCH_CONNECTIONS connections, each of which sends a message of
// BENCH_BYTES bytes, waits until it has come back whole, checks it and sends the next; with BENCH_TLS=1
// over TLS.
package main

import (
	"bytes"

	"bench/measure"
	"bench/measure/load"
)

var message = make([]byte, int(measure.Parameter("BYTES", 1024)))

type connection struct {
	fd       int
	sent     int // bytes of the message under way
	received int // bytes of its echo
	waits    bool
}

func main() {
	for i := range message {
		message[i] = byte(i + i/256)
	}
	if measure.Parameter("TLS", 0) == 1 {
		overTLS()
	} else {
		overTCP()
	}
}

func overTCP() {
	poll := load.NewPoll()
	open := map[int]*connection{}
	for i := 0; i < load.Connections; i++ {
		fd := poll.Connect(0)
		open[fd] = &connection{fd: fd}
		open[fd].send(poll)
	}
	again, count := true, 0
	buffer := make([]byte, 256<<10)
	on := func(fd int, readable, writable bool) {
		it := open[fd]
		if writable {
			it.send(poll)
		}
		if !readable || !it.receive(buffer) {
			return
		}
		count++
		if again {
			it.send(poll)
		}
	}
	load.Measure("", func(seconds float64) int {
		count = 0
		poll.Serve(seconds, on, func() bool { return true })
		return count
	})
	// What is under way comes back before the connections are closed.
	again, count = false, 0
	poll.Serve(1, on, func() bool { return count < len(open) })
}

// Sends as much of the message as there is room for.
func (it *connection) send(poll *load.Poll) {
	it.sent += load.Write(it.fd, message[it.sent:])
	if waits := it.sent < len(message); waits != it.waits {
		it.waits = waits
		poll.WatchWriting(it.fd, waits)
	}
}

// Reports whether the echo is whole.
func (it *connection) receive(buffer []byte) bool {
	read := load.Read(it.fd, buffer)
	if it.received+read > it.sent || !bytes.Equal(buffer[:read], message[it.received:it.received+read]) {
		load.Fail("an echo differs from its message")
	}
	it.received += read
	if it.received < len(message) {
		return false
	}
	it.sent, it.received = 0, 0
	return true
}
