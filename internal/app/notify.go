package app

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// notifier notifies systemd (sd_notify(3)) that the program has started, and then, as
// often as WatchdogSec asks for it, that it is alive. The zero value, of a program that
// systemd did not start, does nothing.
type notifier struct {
	socket   string
	watchdog time.Duration // 0: systemd does not watch
}

func newNotifier(getenv func(string) string) notifier {
	n := notifier{socket: getenv("NOTIFY_SOCKET")}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if pid := getenv("WATCHDOG_PID"); err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.watchdog = time.Duration(usec) * time.Microsecond
	}
	return n
}

func (n notifier) send(state string) error {
	conn, err := net.Dial("unixgram", n.socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}

// run reports the start, and after that liveness as long as alive has no error.
func (n notifier) run(ctx context.Context, alive func(context.Context) error, log *slog.Logger) error {
	if n.socket == "" {
		return nil
	}
	if err := n.send("READY=1"); err != nil {
		log.Error("systemd could not be notified", "err", err)
		return nil
	}
	defer n.send("STOPPING=1")
	if n.watchdog == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(n.watchdog / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := alive(ctx); err != nil {
			log.Error("the watchdog is not told: the program is not well", "err", err)
		} else if err := n.send("WATCHDOG=1"); err != nil {
			log.Error("systemd could not be notified", "err", err)
		}
	}
}
