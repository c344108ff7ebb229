package load

import (
	"syscall"
	"time"
)

// From <netinet/in.h>: the port of a bound address is chosen when its connection is known, so that
// only the pairs of both ends' addresses must differ.
const ipBindAddressNoPort = 24

// Poll is bare epoll, with no goroutine for a connection: so that, on a machine with two cores, the load
// is lighter than any server it measures.
type Poll struct {
	fd     int
	events [256]syscall.EpollEvent
}

func NewPoll() *Poll {
	fd, err := syscall.EpollCreate1(0)
	Check(err, "epoll_create")
	return &Poll{fd: fd}
}

// Connect opens a connection to the server, from 127.0.0.<host> (0 leaves the address to the system).
func (poll *Poll) Connect(host byte) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	Check(err, "socket")
	if host != 0 {
		Check(syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1), "IP_BIND_ADDRESS_NO_PORT")
		Check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, host}}), "bind")
	}
	server := &syscall.SockaddrInet4{Port: Port, Addr: [4]byte{127, 0, 0, 1}}
	Check(syscall.Connect(fd, server), "connect")
	Check(syscall.SetNonblock(fd, true), "fcntl")
	Check(syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1), "TCP_NODELAY")
	poll.control(syscall.EPOLL_CTL_ADD, fd, syscall.EPOLLIN)
	return fd
}

// WatchWriting says whether events are to come when the connection can be written to, too.
func (poll *Poll) WatchWriting(fd int, watch bool) {
	var events uint32 = syscall.EPOLLIN
	if watch {
		events |= syscall.EPOLLOUT
	}
	poll.control(syscall.EPOLL_CTL_MOD, fd, events)
}

func (poll *Poll) control(operation, fd int, events uint32) {
	event := syscall.EpollEvent{Events: events, Fd: int32(fd)}
	Check(syscall.EpollCtl(poll.fd, operation, fd, &event), "epoll_ctl")
}

// Serve calls on for each event, until again is false or the seconds are over.
func (poll *Poll) Serve(seconds float64, on func(fd int, readable, writable bool), again func() bool) {
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for again() && time.Now().Before(end) {
		ready, err := syscall.EpollWait(poll.fd, poll.events[:], 100)
		if err == syscall.EINTR {
			continue
		}
		Check(err, "epoll_wait")
		for _, event := range poll.events[:ready] {
			on(int(event.Fd), event.Events&^syscall.EPOLLOUT != 0, event.Events&syscall.EPOLLOUT != 0)
		}
	}
}

// Read reads what is there, 0 if there is nothing yet; the server must not have closed the connection.
func Read(fd int, buffer []byte) int {
	read, err := syscall.Read(fd, buffer)
	if err == syscall.EAGAIN {
		return 0
	}
	Check(err, "read")
	if read == 0 {
		Fail("the server closed a connection")
	}
	return read
}

// Write writes what there is room for.
func Write(fd int, data []byte) int {
	written, err := syscall.Write(fd, data)
	if err == syscall.EAGAIN {
		return 0
	}
	Check(err, "write")
	return written
}
