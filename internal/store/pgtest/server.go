package pgtest

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL.
type Server struct {
	bin, dir string // of the programs; of data, socket and log
	port     int
	process  *exec.Cmd
	watcher  io.Closer

	mu   sync.Mutex
	free []string // databases that no test uses
}

// settings make a server quick and small. Without fsync a crash of the server
// loses nothing, only one of the machine does.
const settings = `
listen_addresses = '127.0.0.1'
fsync = off
full_page_writes = off
jit = off
max_connections = 120
shared_buffers = '32MB'
log_min_messages = warning
`

// access asks the tests' user for a password and lets the superuser in through
// the socket, whose folder is private.
const access = `
local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
`

func start(bin string) (*Server, error) {
	dir, err := os.MkdirTemp("", "mokabot-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if err := s.begin(); err != nil {
		log, _ := os.ReadFile(s.log())
		s.remove()
		return nil, fmt.Errorf("%w\n%s", err, log)
	}
	return s, nil
}

func (s *Server) begin() error {
	if err := own(s.dir); err != nil {
		return err
	}
	if err := s.watch(); err != nil {
		return err
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	asOwner(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(access), 0o600); err != nil {
		return err
	}
	if err := s.configure(settings + fmt.Sprintf("unix_socket_directories = '%s'\n", s.dir)); err != nil {
		return err
	}
	const tries = 5 // another process may take a free port first
	var err error
	for range tries {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.launch(); err == nil {
			return s.exec("postgres", fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", User, scramSecret(Password)))
		}
	}
	return err
}

// scramSecret is what a server keeps of a password, after RFC 5803. Its single round
// instead of 4096 saves every connection of a test a millisecond.
func scramSecret(password string) string {
	const rounds, salt = 1, "the tests' salt!"
	salted, err := pbkdf2.Key(sha256.New, password, []byte(salt), rounds, sha256.Size)
	if err != nil {
		panic(err) // the length is that of the hash
	}
	sign := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	text := base64.StdEncoding.EncodeToString
	stored := sha256.Sum256(sign(salted, "Client Key"))
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, text([]byte(salt)), text(stored[:]), text(sign(salted, "Server Key")))
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }
func (s *Server) log() string  { return filepath.Join(s.dir, "log") }

// watch starts a process that removes the server when this one has ended,
// however it ended: the pipe that it reads closes then.
func (s *Server) watch() error {
	const script = `trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
n=0 # the server removes its file last
while [ -e "$1/data/postmaster.pid" ] && [ $n -lt 400 ]; do sleep 0.05; n=$((n + 1)); done
[ -e "$1/data/postmaster.pid" ] && kill -KILL "$pid" 2>/dev/null
rm -rf "$1"`
	watcher := exec.Command("sh", "-c", script, "watch", s.dir)
	detach(watcher)
	in, err := watcher.StdinPipe()
	if err != nil {
		return err
	}
	s.watcher = in
	if err := watcher.Start(); err != nil {
		return err
	}
	go watcher.Wait() //nolint:errcheck // it has nothing to say
	return nil
}

// remove stops the server and removes its folder.
func (s *Server) remove() {
	if s.process != nil {
		_ = s.stop(syscall.SIGQUIT) // the watcher sees to what is left
	}
	if s.watcher != nil {
		s.watcher.Close()
	}
	os.RemoveAll(s.dir)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) configure(text string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// launch starts the server and waits until it answers.
func (s *Server) launch() error {
	log, err := os.OpenFile(s.log(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", fmt.Sprint(s.port))
	asOwner(s.process)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		s.process = nil
		return err
	}
	ended := make(chan error, 1)
	process := s.process
	go func() { ended <- process.Wait() }()
	for began := time.Now(); ; {
		err := s.exec("postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case ended := <-ended:
			s.process = nil
			return fmt.Errorf("the server ended: %v", ended)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Since(began) > deadline {
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

func (s *Server) exec(database, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.Admin(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statements)
	return err
}

// stop sends the server a signal and waits for its end. Another goroutine
// waits for the process, so that it is gone when its number is.
func (s *Server) stop(how syscall.Signal) error {
	process := s.process
	s.process = nil
	if err := process.Process.Signal(how); err != nil {
		return err
	}
	for began := time.Now(); process.Process.Signal(syscall.Signal(0)) == nil; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > deadline {
			return errors.New("the server does not stop")
		}
	}
	return nil
}

// Stop ends the server in order: it cuts every connection first.
func (s *Server) Stop(t testing.TB) { s.end(t, syscall.SIGINT) }

// Crash ends the server at once, as a failure would.
func (s *Server) Crash(t testing.TB) { s.end(t, syscall.SIGQUIT) }

func (s *Server) end(t testing.TB, how syscall.Signal) {
	t.Helper()
	if err := s.stop(how); err != nil {
		t.Fatal(err)
	}
}

// Again starts a server that was stopped, on the port that it had.
func (s *Server) Again(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

// Standby starts a server that follows this one and takes no changes.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "mokabot-pg-")
	if err != nil {
		t.Fatal(err)
	}
	follower := &Server{bin: s.bin, dir: dir}
	t.Cleanup(follower.remove)
	if err := follower.follow(s); err != nil {
		log, _ := os.ReadFile(follower.log())
		t.Fatalf("%v\n%s", err, log)
	}
	return follower
}

func (s *Server) follow(primary *Server) error {
	if err := errors.Join(own(s.dir), s.watch()); err != nil {
		return err
	}
	backup := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "-D", s.data(), "-h", primary.dir, "-p", fmt.Sprint(primary.port), "-U", "postgres",
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	asOwner(backup)
	if out, err := backup.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	if err := s.configure(fmt.Sprintf("unix_socket_directories = '%s'\n", s.dir)); err != nil {
		return err
	}
	var err error
	if s.port, err = freePort(); err != nil {
		return err
	}
	return s.launch()
}

// Folder makes a folder the server's, so that it can keep tables there.
func (s *Server) Folder(t testing.TB, path string) {
	t.Helper()
	if err := own(path); err != nil {
		t.Fatal(err)
	}
}

// Exec runs statements as the superuser.
func (s *Server) Exec(t testing.TB, database, statements string) {
	t.Helper()
	Exec(t, s.Admin(database), statements)
}
