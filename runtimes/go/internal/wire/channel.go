// Package wire is what supervisor and executor say to each other: frames with descriptors over a unix socket, and a page of shared memory.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

const (
	headerBytes = 6
	// A load order holds no user data, a failure's stack is cut.
	maxFrameBytes = 1024 * 1024
	oobBytes      = 1024
	// Those of frames that have not come whole.
	maxDescriptors = 256
)

// ErrFrame says that the other side sent what no side sends.
var ErrFrame = errors.New("a frame that makes no sense")

// Frame is one message. File is the descriptor that came with it, or nil; its owner is whoever received it.
type Frame struct {
	Kind    Kind
	Payload []byte
	File    *os.File
}

// Channel is one side of the stream: 4 bytes length, kind, number of descriptors (0 or 1), payload as JSON. Send may be called from any goroutine, Receive from one.
type Channel struct {
	conn        *net.UnixConn
	writing     sync.Mutex
	buffer      []byte
	descriptors []int
}

// NewChannel takes over one end of a stream socket.
func NewChannel(file *os.File) (*Channel, error) {
	conn, err := net.FileConn(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("the channel is no unix socket"), conn.Close())
	}
	return &Channel{conn: unix}, nil
}

// Send writes one frame; payload may be nil.
func (c *Channel) Send(kind Kind, payload any) error {
	return c.send(kind, payload, nil)
}

// SendConnection writes a frame with a connection's descriptor; the caller keeps its own.
func (c *Channel) SendConnection(kind Kind, payload any, conn syscall.Conn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Control(func(fd uintptr) { sent = c.send(kind, payload, syscall.UnixRights(int(fd))) })
	return errors.Join(err, sent)
}

func (c *Channel) send(kind Kind, payload any, rights []byte) error {
	var body []byte
	if payload != nil {
		var err error
		if body, err = json.Marshal(payload); err != nil {
			return err
		}
	}
	frame := make([]byte, headerBytes, headerBytes+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(body)))
	frame[4] = byte(kind)
	if rights != nil {
		frame[5] = 1
	}
	frame = append(frame, body...)
	c.writing.Lock()
	defer c.writing.Unlock()
	n, _, err := c.conn.WriteMsgUnix(frame, rights, nil)
	if err == nil && n < len(frame) {
		_, err = c.conn.Write(frame[n:])
	}
	return err
}

// Receive waits for one frame. Any error ends the channel, and what was received with it and not taken.
func (c *Channel) Receive() (Frame, error) {
	for {
		frame, whole, err := c.next()
		if err == nil && !whole {
			err = c.fill()
		}
		if err != nil {
			for _, fd := range c.descriptors {
				_ = syscall.Close(fd)
			}
			c.descriptors = nil
			return Frame{}, err
		}
		if whole {
			return frame, nil
		}
	}
}

// Close ends the channel.
func (c *Channel) Close() error {
	return c.conn.Close()
}

func (c *Channel) next() (frame Frame, whole bool, err error) {
	if len(c.buffer) < headerBytes {
		return Frame{}, false, nil
	}
	length := int(binary.BigEndian.Uint32(c.buffer))
	kind, count := Kind(c.buffer[4]), int(c.buffer[5])
	if length > maxFrameBytes || count > 1 {
		return Frame{}, false, ErrFrame
	}
	end := headerBytes + length
	if len(c.buffer) < end {
		return Frame{}, false, nil
	}
	frame = Frame{Kind: kind, Payload: append([]byte(nil), c.buffer[headerBytes:end]...)}
	// Descriptors come in the order of the frames that carry them.
	if count == 1 {
		if len(c.descriptors) == 0 {
			return Frame{}, false, ErrFrame
		}
		frame.File = os.NewFile(uintptr(c.descriptors[0]), "connection")
		c.descriptors = c.descriptors[1:]
	}
	c.buffer = append(c.buffer[:0], c.buffer[end:]...)
	return frame, true, nil
}

func (c *Channel) fill() error {
	var data [16 * 1024]byte
	var oob [oobBytes]byte
	n, oobn, _, _, err := c.conn.ReadMsgUnix(data[:], oob[:])
	if oobn > 0 {
		messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
		if err != nil {
			return err
		}
		for _, message := range messages {
			if fds, err := syscall.ParseUnixRights(&message); err == nil {
				c.descriptors = append(c.descriptors, fds...)
			}
		}
	}
	if err != nil {
		return err
	}
	if len(c.descriptors) > maxDescriptors {
		return ErrFrame
	}
	if n == 0 {
		return net.ErrClosed
	}
	c.buffer = append(c.buffer, data[:n]...)
	return nil
}
