// The load on a server of idle connections: BENCH_N connections are opened and say nothing. What they
// take of the server's resident memory is read before and after, each time when the server has collected
// its garbage. In the end each of them must still give a byte back.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"bench/measure"
	"bench/measure/load"
)

const (
	// As many as fit into anybody's queue of connections to be accepted.
	atOnce = 50
	// Descriptors that either process has for other things.
	others = 200
	// One connection more for so many.
	ofMore = 20
)

func main() {
	n := int(measure.Parameter("N", 10_000))
	extra := map[string]any{}
	for _, pid := range []int{load.Server, os.Getpid()} {
		if room := (descriptors(pid) - others) * ofMore / (ofMore + 1); n > room {
			n = room
			extra["note"] = fmt.Sprintf("%d connections: the limit of descriptors (ulimit -n) allows no more", n)
		}
	}
	if n <= 0 {
		load.Fail("the limit of descriptors (ulimit -n) is too low for idle connections")
	}

	control := connect()
	// With the first ones comes what the server needs once.
	open(n / ofMore)
	before := resident(control)
	start := time.Now()
	idle := open(n)
	ms := float64(time.Since(start)) / float64(time.Millisecond)
	extra["bytes"] = float64(resident(control)-before) / float64(n)

	for len(idle) > 0 {
		some := idle
		if len(some) > atOnce {
			some = some[:atOnce]
		}
		idle = idle[len(some):]
		for i, connection := range some {
			say(connection, byte(i))
		}
		for i, connection := range some {
			hear(connection, byte(i))
		}
	}
	measure.Print(n, ms, extra)
}

// Opens n connections, which the server has accepted when this returns: when the last of some answers,
// those before it were accepted, too.
func open(n int) []net.Conn {
	connections := make([]net.Conn, n)
	for i := range connections {
		connections[i] = connect()
		if i%atOnce == atOnce-1 || i == n-1 {
			say(connections[i], 'p')
			hear(connections[i], 'p')
		}
	}
	return connections
}

func connect() net.Conn {
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", load.Port))
	load.Check(err, "connect")
	return connection
}

func say(connection net.Conn, what byte) {
	_, err := connection.Write([]byte{what})
	load.Check(err, "write")
}

func hear(connection net.Conn, what byte) {
	answer := make([]byte, 1)
	_, err := io.ReadFull(connection, answer)
	load.Check(err, "read")
	if answer[0] != what {
		load.Fail("an echo differs from its message")
	}
}

// The server's resident bytes when it has collected its garbage.
func resident(control net.Conn) int {
	say(control, 'g')
	hear(control, 'g')
	return number(load.Server, "status", "VmRSS:") * 1024
}

// How many descriptors a process may have.
func descriptors(pid int) int {
	return number(pid, "limits", "Max open files")
}

// The number that follows a name in a file of /proc/<pid>.
func number(pid int, file, name string) (value int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	load.Check(err, file)
	_, rest, _ := bytes.Cut(text, []byte(name))
	_, err = fmt.Sscan(string(rest), &value)
	load.Check(err, name)
	return value
}
