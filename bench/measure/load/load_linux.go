// Package load is what the loads on servers have in common. Next to each result they print which
// shares of a core the load and the server used: where the server's is near 1 and the load's is
// below, the server is what was measured.
package load

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"

	"bench/measure"
)

const windows = 5

// What the harness says about every load.
var (
	Server      = int(measure.Parameter("SERVER", 0))
	Port        = int(measure.Parameter("PORT", 0))
	Connections = int(measure.Parameter("CONNECTIONS", 64))
	Seconds     = measure.Parameter("SECONDS", 1)
)

// Measure prints the best of several windows of work, which goes on for so many seconds and returns
// how many operations that were. Before them a third of the time is for the server to warm up.
func Measure(note string, work func(seconds float64) int) {
	work(Seconds / 3)
	start, load, its := time.Now(), ownCPU(), cpuOf(Server)
	best, n, all := 0.0, 0, 0
	for i := 0; i < windows; i++ {
		from := time.Now()
		count := work(Seconds / windows)
		if rate := float64(count) / time.Since(from).Seconds(); rate > best {
			best, n = rate, count
		}
		all += count
	}
	if all == 0 {
		Fail("nothing came back")
	}
	elapsed := time.Since(start).Seconds()
	load, its = ownCPU()-load, cpuOf(Server)-its
	extra := map[string]any{
		"serverCpu": its / elapsed, "loadCpu": load / elapsed, "serverMicros": its * 1e6 / float64(all),
	}
	if note != "" {
		extra["note"] = note
	}
	measure.Print(n, float64(n)/best*1000, extra)
}

// Processor seconds that this process has used.
func ownCPU() float64 {
	var usage syscall.Rusage
	Check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage), "getrusage")
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// Processor seconds that another process has used, from /proc (in hundredths of a second).
func cpuOf(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	Check(err, "stat")
	var user, system float64
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system)
	return (user + system) / 100
}

// Check ends the process if there is an error.
func Check(err error, what string) {
	if err != nil {
		Fail(what + ": " + err.Error())
	}
}

// Fail ends the process.
func Fail(reason string) {
	fmt.Fprintln(os.Stderr, "load:", reason)
	os.Exit(1)
}
