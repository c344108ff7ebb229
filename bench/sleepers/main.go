// Resident bytes for each of n goroutines that are asleep. Reads /proc, so Linux only.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"bench/measure"
)

func resident() float64 {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var size, pages int
	fmt.Sscan(string(text), &size, &pages)
	return float64(pages * os.Getpagesize())
}

func main() {
	n := int(measure.Parameter("N", 1_000_000))
	var asleep atomic.Int64
	before := resident()
	start := time.Now()
	for i := 0; i < n; i++ {
		go func() { asleep.Add(1); time.Sleep(time.Hour) }()
	}
	for asleep.Load() < int64(n) {
		time.Sleep(10 * time.Millisecond)
	}
	ms := float64(time.Since(start)) / float64(time.Millisecond)
	measure.Print(n, ms, map[string]any{"bytes": (resident() - before) / float64(n)})
}
