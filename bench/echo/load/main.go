// The load on an echo server: BENCH_CONNECTIONS connections, each of which sends a message of
// BENCH_BYTES bytes, waits until it has come back whole, checks it and sends the next. Written on bare
// epoll, with no goroutine for a connection, so that on a machine with two cores the load is
// lighter than any server it measures. The shares of a core that the load and the server used are
// printed beside the result: where the server's is near 1 and the load's is below, the server is
// what was measured.
package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"

	"bench/measure"
)

const windows = 5

var (
	message     = make([]byte, int(measure.Parameter("BYTES", 1024)))
	connections = int(measure.Parameter("CONNECTIONS", 64))
	server      = int(measure.Parameter("SERVER", 0))
	port        = int(measure.Parameter("PORT", 0))
	seconds     = measure.Parameter("SECONDS", 1)
)

type connection struct {
	echo []byte // what has come back of the message under way
}

func main() {
	for i := range message {
		message[i] = byte(i)
	}
	poll, err := syscall.EpollCreate1(0)
	check(err, "epoll_create")
	open := map[int32]*connection{}
	for i := 0; i < connections; i++ {
		fd := connect(poll)
		open[fd] = &connection{}
		send(fd)
	}

	exchange(poll, open, seconds/3, true)
	start, load, its := time.Now(), ownCPU(), cpuOf(server)
	best, n, all := 0.0, 0, 0
	for i := 0; i < windows; i++ {
		from := time.Now()
		count := exchange(poll, open, seconds/windows, true)
		if rate := float64(count) / time.Since(from).Seconds(); rate > best {
			best, n = rate, count
		}
		all += count
	}
	elapsed := time.Since(start).Seconds()
	load, its = ownCPU()-load, cpuOf(server)-its
	exchange(poll, open, 1, false)
	measure.Print(n, float64(n)/best*1000, map[string]any{
		"serverCpu": its / elapsed, "loadCpu": load / elapsed, "serverMicros": its * 1e6 / float64(all),
	})
}

// Answers every whole echo with the next message for so many seconds and returns how many came. With
// again = false it sends nothing more and ends as soon as nothing is under way.
func exchange(poll int, open map[int32]*connection, seconds float64, again bool) int {
	events := make([]syscall.EpollEvent, connections)
	buffer := make([]byte, 65536)
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	count := 0
	for time.Now().Before(end) && (again || count < len(open)) {
		ready, err := syscall.EpollWait(poll, events, 100)
		if err == syscall.EINTR {
			continue
		}
		check(err, "epoll_wait")
		for _, event := range events[:ready] {
			read, err := syscall.Read(int(event.Fd), buffer)
			check(err, "read")
			if read == 0 {
				fail("the server closed a connection")
			}
			it := open[event.Fd]
			it.echo = append(it.echo, buffer[:read]...)
			if len(it.echo) < len(message) {
				continue
			}
			if !bytes.Equal(it.echo, message) {
				fail("an echo differs from its message")
			}
			it.echo = it.echo[:0]
			count++
			if again {
				send(event.Fd)
			}
		}
	}
	return count
}

func connect(poll int) int32 {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(err, "socket")
	check(syscall.Connect(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}), "connect")
	check(syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1), "TCP_NODELAY")
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}
	check(syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &event), "epoll_ctl")
	return int32(fd)
}

func send(fd int32) {
	written, err := syscall.Write(int(fd), message)
	check(err, "write")
	if written < len(message) {
		fail("a message did not fit into the socket's buffer")
	}
}

// Processor seconds that this process has used.
func ownCPU() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage), "getrusage")
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// Processor seconds that another process has used, from /proc (in hundredths of a second).
func cpuOf(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	check(err, "stat")
	var user, system float64
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system)
	return (user + system) / 100
}

func check(err error, what string) {
	if err != nil {
		fail(what + ": " + err.Error())
	}
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, "load:", reason)
	os.Exit(1)
}
