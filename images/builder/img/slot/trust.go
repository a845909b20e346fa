package slot

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The socket's name is visible to every process in the pod's network namespace, build steps included: one can connect to an agent, or take the name
// of an agent that has ended. So
// - an agent talks to no process of its own container, whose process id it would see;
// - the first engine that connects, before any build step has run, gives the agent a key. From then on both prove that they have it.

const (
	keySize = 32
	// trustTimeout is how long one side waits for the other's part. Until then an agent talks to nobody else.
	trustTimeout = 10 * time.Second
)

// UntrustedError is an agent that does not have the key that this engine gave it.
type UntrustedError struct{ Reason string }

func (e *UntrustedError) Error() string { return e.Reason }

func proof(key []byte, who string, nonces ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(who))
	for _, nonce := range nonces {
		_, _ = mac.Write(nonce)
	}
	return mac.Sum(nil)
}

func random() []byte {
	nonce := make([]byte, keySize)
	_, _ = rand.Read(nonce) // it never fails
	return nonce
}

// fromOutside reports whether the peer is a process outside of our pid namespace, as an engine is. The kernel shows its id as 0.
func fromOutside(c *net.UnixConn) (bool, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return false, err
	}
	var peer *unix.Ucred
	controlErr := raw.Control(func(fd uintptr) { peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err = errors.Join(controlErr, err); err != nil {
		return false, err
	}
	return peer.Pid == 0, nil
}

// admit is the agent's part. It returns the key, which is new if the agent had none, and hands over root.
func admit(c *net.UnixConn, key []byte, root *os.File) ([]byte, error) {
	_ = c.SetDeadline(time.Now().Add(trustTimeout))
	defer func() { _ = c.SetDeadline(time.Time{}) }()
	first, files, err := receive(c)
	closeAll(files)
	if err != nil || first.Hello == nil {
		return key, errors.Join(errors.New("no greeting"), err)
	}
	nonce := random()
	answer := &hello{Nonce: nonce, Keyed: key != nil}
	if key != nil {
		answer.Proof = proof(key, "agent", first.Hello.Nonce, nonce)
	}
	if err := send(c, message{Hello: answer}); err != nil {
		return key, err
	}
	second, files, err := receive(c)
	closeAll(files)
	switch {
	case err != nil || second.Hello == nil:
		return key, errors.Join(errors.New("no answer to the greeting"), err)
	case key == nil && len(second.Hello.Key) == keySize:
		key = second.Hello.Key
	case key == nil || !hmac.Equal(second.Hello.Proof, proof(key, "engine", first.Hello.Nonce, nonce)):
		return key, errors.New("the peer does not have the key")
	}
	lacks, err := lacking()
	if err != nil {
		return key, err
	}
	return key, send(c, message{Hello: &hello{Lacks: lacks}}, root)
}

// greet is the engine's part. It returns the agent's root directory, and the capabilities that the agent lacks. keyFile has the key, from the first greeting on.
func greet(c *net.UnixConn, keyFile string) (_ *os.File, lacks []string, err error) {
	key, err := os.ReadFile(keyFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	_ = c.SetDeadline(time.Now().Add(trustTimeout))
	defer func() { _ = c.SetDeadline(time.Time{}) }()
	nonce := random()
	if err := send(c, message{Hello: &hello{Nonce: nonce}}); err != nil {
		return nil, nil, err
	}
	answer, files, err := receive(c)
	closeAll(files)
	if err != nil || answer.Hello == nil {
		return nil, nil, errors.Join(errors.New("the agent does not answer"), err)
	}
	reply := &hello{}
	switch {
	case key == nil && answer.Hello.Keyed:
		return nil, nil, &UntrustedError{"the agent belongs to another engine"}
	case key == nil:
		key = random()
		if err := os.WriteFile(keyFile, key, 0o600); err != nil {
			return nil, nil, err
		}
		reply.Key = key
	case !answer.Hello.Keyed:
		return nil, nil, ErrEnded // and another one has started
	case !hmac.Equal(answer.Hello.Proof, proof(key, "agent", nonce, answer.Hello.Nonce)):
		return nil, nil, &UntrustedError{"the agent does not prove that it is the one from before"}
	default:
		reply.Proof = proof(key, "engine", nonce, answer.Hello.Nonce)
	}
	if err := send(c, message{Hello: reply}); err != nil {
		return nil, nil, err
	}
	last, files, err := receive(c)
	if err != nil || last.Hello == nil || len(files) != 1 {
		closeAll(files)
		return nil, nil, errors.Join(fmt.Errorf("the agent hands over %d descriptors, want 1", len(files)), err)
	}
	return files[0], last.Hello.Lacks, nil
}
