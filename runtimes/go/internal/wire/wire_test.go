package wire

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

func pair(t *testing.T) (*Channel, *os.File) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	channel, err := NewChannel(os.NewFile(uintptr(fds[0]), "ours"))
	if err != nil {
		t.Fatal(err)
	}
	other := os.NewFile(uintptr(fds[1]), "theirs")
	t.Cleanup(func() { _ = errors.Join(channel.Close(), other.Close()) })
	return channel, other
}

func TestConnectionsComeInOrderThroughTheChannel(t *testing.T) {
	sender, file := pair(t)
	receiver, err := NewChannel(file)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const count = 20
	go func() {
		for id := range uint64(count) {
			client, _ := net.Dial("tcp", listener.Addr().String())
			_, _ = client.Write([]byte{byte(id)})
			_ = client.Close()
			conn, _ := listener.Accept()
			_ = sender.Send(KindRetire, nil)
			_ = sender.SendConnection(KindConnection, Connection{ID: id}, conn.(*net.TCPConn))
			_ = conn.Close()
		}
	}()
	for id := range count {
		if frame, err := receiver.Receive(); err != nil || frame.Kind != KindRetire || frame.File != nil {
			t.Fatal(frame, err)
		}
		frame, err := receiver.Receive()
		if err != nil || frame.Kind != KindConnection || frame.File == nil {
			t.Fatal(frame, err)
		}
		conn, err := net.FileConn(frame.File)
		if err != nil {
			t.Fatal(err)
		}
		var first [1]byte
		if _, err := conn.Read(first[:]); err != nil || first[0] != byte(id) {
			t.Errorf("connection %d says %d, %v", id, first[0], err)
		}
		_ = errors.Join(conn.Close(), frame.File.Close())
	}
}

func TestAHostileFrameEndsTheChannel(t *testing.T) {
	long := binary.BigEndian.AppendUint32(nil, maxFrameBytes+1)
	for name, bytes := range map[string][]byte{
		"too long": append(long, 1, 0), "many descriptors": {0, 0, 0, 0, 1, 200}, "a descriptor that did not come": {0, 0, 0, 0, byte(KindConnection), 1},
	} {
		channel, other := pair(t)
		if _, err := other.Write(bytes); err != nil {
			t.Fatal(err)
		}
		if frame, err := channel.Receive(); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v, %v", name, frame, err)
		}
	}
}

func TestPageTellsWhatWasUnderWay(t *testing.T) {
	ours, file, err := CreatePage(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := MapPage(file)
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	theirs.Open(0, "a", started)
	theirs.Open(1, "b", started)
	theirs.Close(0)
	theirs.Open(2, "not an id", started)
	theirs.Open(3, "c", started)
	theirs.slots[3].length = 1 << 30
	running := ours.Running()
	if len(running) != 1 || running[0].RequestID != "b" || !running[0].Started.Equal(started) {
		t.Error(running)
	}
	theirs.Tally.Count(OutcomeError, 2*time.Second)
	total := &Tally{}
	total.Add(&ours.Tally)
	if total.Error.Load() != 1 || total.Buckets[10].Load() != 1 || total.DurationNanos.Load() != 2e9 {
		t.Error(total)
	}
	if err := file.Truncate(0); err == nil {
		t.Error("user code could shorten the supervisor's memory")
	}
	ours.Unmap()
	theirs.Unmap()
}
