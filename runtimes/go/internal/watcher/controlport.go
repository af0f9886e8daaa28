package watcher

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/control"
)

// controlPort answers the control port (W2).
type controlPort struct {
	instance *Instance
	config   Config

	mu    sync.Mutex
	epoch int64
}

type answer struct {
	contentType string
	body        []byte
	status      int
}

type route struct {
	method string
	run    func(request *http.Request) (answer, error)
}

const (
	controlRequestLimit = 2 * time.Minute
	maxDrainBytes       = 4096
	discardLimit        = 2 * time.Second
)

func newControlServer(instance *Instance, config Config) *http.Server {
	port := &controlPort{instance: instance, config: config}
	routes := map[string]route{
		contract.PathHealth:     {http.MethodGet, func(*http.Request) (answer, error) { return jsonAnswer(200, map[string]string{"status": "ok"}) }},
		contract.PathReady:      {http.MethodGet, port.ready},
		contract.PathStatus:     {http.MethodGet, func(*http.Request) (answer, error) { return jsonAnswer(200, instance.Status(port.highestEpoch())) }},
		contract.PathMetrics:    {http.MethodGet, port.metrics},
		contract.PathSpecialize: {http.MethodPost, func(r *http.Request) (answer, error) { return port.push(r, control.ActSpecialize) }},
		contract.PathUpdate:     {http.MethodPost, func(r *http.Request) (answer, error) { return port.push(r, control.ActUpdate) }},
		contract.PathDrain:      {http.MethodPost, port.drain},
	}
	handler := func(w http.ResponseWriter, r *http.Request) { handle(routes, w, r) }
	return &http.Server{
		Handler: http.HandlerFunc(handler), ReadHeaderTimeout: headLimit, ReadTimeout: controlRequestLimit, MaxHeaderBytes: maxHeadBytes,
		DisableGeneralOptionsHandler: true, ErrorLog: log.New(io.Discard, "", 0),
	}
}

func handle(routes map[string]route, w http.ResponseWriter, r *http.Request) {
	id := contract.RequestID(r.Header.Get(contract.HeaderRequestID))
	given, err := find(routes, w, r)
	if err == nil {
		w.Header().Set("Content-Type", given.contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(given.body)))
		w.Header().Set(contract.HeaderRequestID, id)
		w.WriteHeader(given.status)
		_, _ = w.Write(given.body)
		return
	}
	failure := contract.AsError(err)
	body := contract.Describe(w.Header(), failure, id)
	w.Header().Del(contract.HeaderNotStarted)
	unread := r.ContentLength != 0
	if unread {
		// The answer does not wait for the body.
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(failure.Code.ControlStatus())
	_, _ = w.Write(body)
	if unread {
		// What the client still sends is read for a while, so that closing does not take the answer from it.
		controller := http.NewResponseController(w)
		_ = controller.Flush()
		_ = controller.SetReadDeadline(time.Now().Add(discardLimit))
		_, _ = io.CopyN(io.Discard, r.Body, contract.MaxPushBytes)
	}
}

func find(routes map[string]route, w http.ResponseWriter, r *http.Request) (answer, error) {
	found, ok := routes[r.URL.Path]
	if !ok {
		return answer{}, contract.NewError(contract.NotFound, "the control port has nothing at "+r.URL.Path[:min(len(r.URL.Path), 200)])
	}
	if r.Method != found.method && !(r.Method == http.MethodHead && found.method == http.MethodGet) {
		w.Header().Set("Allow", found.method)
		return answer{}, contract.NewError(contract.MethodNotAllowed, r.URL.Path+" takes "+found.method)
	}
	return found.run(r)
}

func jsonAnswer(status int, value any) (answer, error) {
	body, err := json.Marshal(value)
	return answer{"application/json", body, status}, err
}

func (p *controlPort) ready(*http.Request) (answer, error) {
	status := http.StatusServiceUnavailable
	if p.instance.Available() {
		status = http.StatusOK
	}
	return jsonAnswer(status, map[string]string{"status": p.instance.State()})
}

func (p *controlPort) metrics(*http.Request) (answer, error) {
	report := p.instance.Report()
	text := RenderMetrics(Measures{
		Function: p.instance.FunctionName(), Tally: p.instance.Stats.Total(), InFlight: report.InFlight, Restarts: p.instance.Stats.Restarts(),
		CPUSeconds: report.CPU.Seconds(), MemoryBytes: report.MemoryBytes,
	})
	return answer{"text/plain; version=0.0.4; charset=utf-8", []byte(text), http.StatusOK}, nil
}

func (p *controlPort) push(r *http.Request, act control.Act) (answer, error) {
	receivedAt := time.Now()
	claims, err := p.verify(r, act)
	if err != nil {
		return answer{}, err
	}
	line, packageBytes, err := control.ReadDocument(r.Body, r.ContentLength)
	if err != nil {
		return answer{}, err
	}
	document, err := control.ParseDocument(line)
	if err != nil {
		return answer{}, err
	}
	if document.Function.UID != claims.Subject {
		return answer{}, control.Invalid("sub must be the function’s UID")
	}
	if document.Package.Digest != claims.Digest {
		return answer{}, control.Invalid("digest must be the package’s digest")
	}
	if err := p.accept(claims); err != nil {
		return answer{}, err
	}
	result, err := p.instance.Push(act, document, packageBytes, receivedAt)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, result)
}

func (p *controlPort) drain(r *http.Request) (answer, error) {
	claims, err := p.verify(r, control.ActDrain)
	if err != nil {
		return answer{}, err
	}
	if owner := p.instance.Owner(); owner != nil && owner.UID != claims.Subject {
		return answer{}, control.Invalid("sub must be the function’s UID")
	}
	var order struct {
		TimeoutMs *int64 `json:"timeoutMs"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxDrainBytes))
	if err != nil || json.Unmarshal(body, &order) != nil || order.TimeoutMs == nil || *order.TimeoutMs < 0 || *order.TimeoutMs > 1<<40 {
		return answer{}, contract.NewError(contract.BadRequest, "timeoutMs must be an integer, 0 or more")
	}
	if err := p.accept(claims); err != nil {
		return answer{}, err
	}
	inFlight := p.instance.Drain(time.Duration(*order.TimeoutMs) * time.Millisecond)
	return jsonAnswer(http.StatusOK, map[string]int64{"inFlight": inFlight})
}

func (p *controlPort) verify(r *http.Request, act control.Act) (control.Claims, error) {
	claims, err := control.VerifyToken(r.Header.Get("Authorization"), p.config.PublicKey, p.config.Instance, act, time.Now())
	if err != nil {
		return claims, err
	}
	return claims, p.check(claims)
}

// check refuses what comes from a scaler that is no longer the leader (W2.8).
func (p *controlPort) check(claims control.Claims) error {
	if highest := p.highestEpoch(); claims.Epoch < highest {
		return contract.NewError(contract.StaleEpoch, "epoch "+strconv.FormatInt(claims.Epoch, 10)+" is lower than "+strconv.FormatInt(highest, 10)+", which has been accepted")
	}
	return nil
}

func (p *controlPort) accept(claims control.Claims) error {
	if err := p.check(claims); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch = max(p.epoch, claims.Epoch)
	return nil
}

func (p *controlPort) highestEpoch() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epoch
}
