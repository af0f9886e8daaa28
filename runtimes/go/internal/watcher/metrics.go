package watcher

import (
	"fmt"
	"strconv"
	"strings"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// Measures are what the metrics show. Function is `<namespace>/<name>`, or "" before specialization.
type Measures struct {
	Function    string
	Tally       *wire.Tally
	InFlight    int64
	Restarts    int
	CPUSeconds  float64
	MemoryBytes int64
}

// RenderMetrics gives the Prometheus text of the watcher (W2.4).
func RenderMetrics(m Measures) string {
	var text strings.Builder
	sample := func(name, value string, labels ...string) {
		if m.Function != "" {
			labels = append([]string{`function_name="` + escapeLabel(m.Function) + `"`}, labels...)
		}
		if len(labels) > 0 {
			name += "{" + strings.Join(labels, ",") + "}"
		}
		fmt.Fprintf(&text, "%s %s\n", name, value)
	}
	family := func(name, kind, help string) {
		fmt.Fprintf(&text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	float := func(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }
	count := func(value uint64) string { return strconv.FormatUint(value, 10) }

	family(contract.MetricInvocations, "counter", "Invocations by outcome.")
	sample(contract.MetricInvocations, count(m.Tally.OK.Load()), `outcome="ok"`)
	sample(contract.MetricInvocations, count(m.Tally.Error.Load()), `outcome="error"`)
	sample(contract.MetricInvocations, count(m.Tally.Timeout.Load()), `outcome="timeout"`)
	sample(contract.MetricInvocations, count(m.Tally.Refused.Load()), `outcome="refused"`)

	family(contract.MetricDuration, "histogram", "Seconds from a request to the end of its invocation.")
	below := uint64(0)
	for i := range m.Tally.Buckets {
		bound := "+Inf"
		if i < len(wire.Buckets) {
			bound = float(wire.Buckets[i])
		}
		below += m.Tally.Buckets[i].Load()
		sample(contract.MetricDuration+"_bucket", count(below), `le="`+bound+`"`)
	}
	sample(contract.MetricDuration+"_sum", float(float64(m.Tally.DurationNanos.Load())/1e9))
	sample(contract.MetricDuration+"_count", count(below))

	family(contract.MetricInFlight, "gauge", "Invocations that have not ended.")
	sample(contract.MetricInFlight, strconv.FormatInt(m.InFlight, 10))
	family(contract.MetricRestarts, "counter", "Executors that were replaced.")
	sample(contract.MetricRestarts, strconv.Itoa(m.Restarts))
	family(contract.MetricCPU, "counter", "Processor time of supervisor and executors.")
	sample(contract.MetricCPU, float(m.CPUSeconds))
	family(contract.MetricMemory, "gauge", "Resident memory of supervisor and executors.")
	sample(contract.MetricMemory, strconv.FormatInt(m.MemoryBytes, 10))
	return text.String()
}

func escapeLabel(label string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(label)
}
