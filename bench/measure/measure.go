// Package measure times one work inside one Go process; the counterpart of measure.js, with the
// same rules.
package measure

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Parameter is a number that the harness passes in the environment as BENCH_<NAME>.
func Parameter(name string, byDefault float64) float64 {
	value, err := strconv.ParseFloat(os.Getenv("BENCH_"+name), 64)
	if err != nil {
		return byDefault
	}
	return value
}

// Print prints the line that the harness reads; ms is what n operations took.
func Print(n int, ms float64, extra map[string]any) {
	work := os.Getenv("BENCH_WORK")
	if work == "" {
		work = filepath.Base(os.Args[0])
	}
	if extra == nil {
		extra = map[string]any{}
	}
	line, _ := json.Marshal(map[string]any{"work": work, "contestant": "go", "n": n, "ms": ms, "extra": extra})
	fmt.Println(string(line))
}

// BestOf runs body(n) over and over and returns the count and the best round in milliseconds. A
// body that returns more than zero has timed itself.
func BestOf(body func(n int) time.Duration, fixed int, seconds float64) (int, float64) {
	n := fixed
	if fixed > 0 {
		warm := time.Now().Add(time.Duration(seconds / 2 * float64(time.Second)))
		round(body, fixed/10+1)
		for time.Now().Before(warm) {
			round(body, fixed/10+1)
		}
	} else {
		n = calibrate(body, seconds*1000/10)
	}
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	best := math.Inf(1)
	for {
		best = math.Min(best, round(body, n))
		if time.Now().After(end) {
			return n, best
		}
	}
}

// Measure measures body as the environment says and prints the result.
func Measure(body func(n int) time.Duration) {
	seconds := Parameter("SECONDS", 1)
	if sizes := os.Getenv("BENCH_SIZES"); sizes != "" {
		measureSizes(body, strings.Split(sizes, ","), seconds)
		return
	}
	n, ms := BestOf(body, int(Parameter("N", 0)), seconds)
	Print(n, ms, nil)
}

// Nanoseconds for one operation at each size; small sizes are repeated up to the same total.
func measureSizes(body func(n int) time.Duration, sizes []string, seconds float64) {
	ns := map[string]any{}
	var n int
	var ms, first, last float64
	for i, text := range sizes {
		size, _ := strconv.Atoi(text)
		times := int(math.Max(1, float64(100_000/size)))
		repeated := func(int) time.Duration {
			for i := 0; i < times; i++ {
				body(size)
			}
			return 0
		}
		n, ms = BestOf(repeated, size*times, seconds/float64(len(sizes)))
		last = math.Round(ms * 1e6 / float64(n))
		if i == 0 {
			first = last
		}
		ns[text] = last
	}
	Print(n, ms, map[string]any{"ns": ns, "growth": last / first})
}

func round(body func(n int) time.Duration, n int) float64 {
	runtime.GC()
	start := time.Now()
	took := body(n)
	if took == 0 {
		took = time.Since(start)
	}
	return float64(took) / float64(time.Millisecond)
}

func calibrate(body func(n int) time.Duration, target float64) int {
	n := int(Parameter("ATLEAST", 1000))
	for settled := 0; settled < 3; {
		ms := round(body, n)
		if ms >= target/2 {
			settled++
		} else {
			n = int(float64(n) * math.Min(10, math.Max(2, target/math.Max(ms, 0.01))))
		}
	}
	return n
}
