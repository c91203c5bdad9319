package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/internal/testbed"
	"mokabot/moka"
)

// From an empty folder to the first ping, the way docs/setup.md describes it for a
// server, a container and Kubernetes. The files of deploy/ are used as they are;
// what this machine lacks is stood in for: the notify socket for systemd, the
// chroot of buildah for Docker's daemon and for a cluster.
func TestFromNothingToTheFirstPing(t *testing.T) {
	proof.NeedsLong(t)
	if os.Getuid() != 0 {
		t.Skip("needs root, as whoever installs a service")
	}
	stage := t.TempDir()
	if out, err := exec.Command("sh", "-c", `cd ../.. && CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o "$0/mokabot" ./cmd/mokabot`, stage).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, path := range map[string]func(*installation){"server": onAServer, "container": inAContainer, "Kubernetes": onKubernetes} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.spend(36_000_000) // $18.01 is left: less than the default level
			i := &installation{world: w, T: t, program: stage + "/mokabot", began: time.Now()}
			path(i)
			t.Logf("\n%s", i.transcript.String())
		})
	}
}

// installation is one set-up and what was done for it, with times.
type installation struct {
	*world
	*testing.T
	program    string // as a release builds it
	began      time.Time
	transcript bytes.Buffer
}

func (i *installation) note(format string, args ...any) {
	fmt.Fprintf(&i.transcript, "%5.1f s  %s\n", time.Since(i.began).Seconds(), fmt.Sprintf(format, args...))
}

// does runs a command in the repository's root and returns what it prints. The
// transcript has what somebody would type.
func (i *installation) does(typed string, args ...string) string {
	i.Helper()
	if typed != "" {
		i.note("$ %s", typed)
	}
	cmd := exec.CommandContext(i.Context(), args[0], args[1:]...)
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil {
		i.Fatalf("%v\n%s%s", err, i.transcript.String(), out)
	}
	return strings.TrimSpace(string(out))
}

// variables are what a user sets, by the documented names.
func (i *installation) variables() map[string]string {
	return map[string]string{
		"DISCORD_TOKEN": discordsim.Token, "DISCORD_CHANNEL_ID": discordsim.AlertsChannel, "MOKA_API_KEY": testKey, "MOKA_BASE_URL": i.server.URL,
	}
}

// starts runs the service until the first ping, and then ends it.
func (i *installation) starts(cmd *exec.Cmd, meanwhile func()) {
	i.Helper()
	log := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		i.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(i.Context(), 3*time.Minute) // half a minute until a low balance is confirmed
	defer cancel()
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended); cancel() }()
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); <-ended }()
	if err := i.discord.Connected(ctx); err != nil {
		i.Fatalf("%v\n%s%s", err, i.transcript.String(), log)
	}
	i.note("connected to Discord")
	meanwhile()
	ping, err := i.discord.WaitMessage(ctx, discordsim.AlertsChannel, func(m discordsim.Message) bool { return strings.Contains(string(m.JSON()), "$18.01") })
	if err != nil {
		i.Fatalf("%v\n%s%s", err, i.transcript.String(), log)
	}
	i.note("first ping: %s", moka.Plain(ping.Content))
	testbed.NoSecrets(i.T, "the log", log.String())
}

// onAServer installs the deb package of a release and starts its unit the way
// systemd would: with the variables of its EnvironmentFile, in its state folder,
// and with a notify socket.
func onAServer(i *installation) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		i.Skip("needs dpkg-deb")
	}
	root, dist := i.TempDir(), i.TempDir()
	i.does("deploy/release v0.0.1", "deploy/release", "--light", "--into", dist, "v0.0.1")
	packages, err := filepath.Glob(dist + "/*.deb")
	if err != nil || len(packages) != 1 {
		i.Fatal(packages, err)
	}
	i.does("apt install ./mokabot_0.0.1_amd64.deb", "dpkg-deb", "-x", packages[0], root)
	i.edits(root+"/etc/mokabot/environment", "#DISCORD_TOKEN=", "DISCORD_TOKEN="+discordsim.Token, "#MOKA_API_KEY=sk-", "MOKA_API_KEY="+testKey)
	i.edits(root+"/etc/mokabot/config.yaml", "#alerts:", "alerts:", `#  channel_id: "1098765432109876543"`, `  channel_id: "`+discordsim.AlertsChannel+`"`,
		"https://api.moka-ai.com", i.server.URL)

	unit := i.reads(root + "/lib/systemd/system/mokabot.service")
	command := strings.Fields(i.setting(unit, "ExecStart"))
	for n := range command {
		if strings.HasPrefix(command[n], "/") {
			command[n] = root + command[n]
		}
	}
	state := root + "/var/lib/" + i.setting(unit, "StateDirectory")
	if i.setting(unit, "Type") != "notify" || i.setting(unit, "WorkingDirectory") != strings.TrimPrefix(state, root) {
		i.Fatalf("the unit is\n%s", unit)
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		i.Fatal(err)
	}
	notified, socket := i.listens()
	cmd := exec.CommandContext(i.Context(), command[0], command[1:]...)
	cmd.Dir = state
	cmd.Env = append(i.throughProxy(i.T), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=120000000", "NO_PROXY=127.0.0.1")
	for line := range strings.Lines(i.reads(root + strings.TrimPrefix(i.setting(unit, "EnvironmentFile"), "-"))) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			cmd.Env = append(cmd.Env, line)
		}
	}
	i.note("$ systemctl enable --now mokabot     # %s", i.setting(unit, "ExecStart"))
	i.starts(cmd, func() {
		select {
		case text := <-notified:
			i.note("systemd is told: %s", strings.ReplaceAll(text, "\n", " "))
			if !strings.Contains(text, "READY=1") {
				i.Errorf("systemd is told %q", text)
			}
		case <-time.After(patience):
			i.Error("systemd is not told that the service is ready")
		}
	})
}

// listens is systemd's end of the notify socket.
func (i *installation) listens() (notified <-chan string, socket string) {
	i.Helper()
	dir, err := os.MkdirTemp("", "notify") // short: the path of a socket has at most 107 bytes
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { os.RemoveAll(dir) })
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dir + "/notify", Net: "unixgram"})
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { conn.Close() })
	got := make(chan string, 100)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			select {
			case got <- string(buf[:n]):
			default:
			}
		}
	}()
	return got, dir + "/notify"
}

func (i *installation) reads(file string) string {
	i.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		i.Fatal(err)
	}
	return string(text)
}

// edits replaces pairs of old and new, all of which must be there.
func (i *installation) edits(file string, changes ...string) {
	i.Helper()
	text := i.reads(file)
	for pair := range slices.Chunk(changes, 2) {
		if !strings.Contains(text, pair[0]) {
			i.Fatalf("%s has no %q:\n%s", file, pair[0], text)
		}
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	i.note("$ sudoedit %s", strings.TrimPrefix(file, filepath.Dir(filepath.Dir(filepath.Dir(file)))))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		i.Fatal(err)
	}
}

// setting is a unit's only value for a name.
func (i *installation) setting(unit, name string) string {
	i.Helper()
	found := regexp.MustCompile(`(?m)^`+name+`=(.+)$`).FindAllStringSubmatch(unit, -1)
	if len(found) != 1 {
		i.Fatalf("the unit has %d settings %s", len(found), name)
	}
	return found[0][1]
}

// image is what deploy/Dockerfile builds, in a storage of its own.
type image struct {
	*installation
	buildah []string
	user    string
	run     []string // entry point and command
}

// builds makes the image. The stage that compiles comes from this machine's Go,
// because its base image cannot be fetched without a registry.
func (i *installation) builds() image {
	i.Helper()
	if _, err := exec.LookPath("buildah"); err != nil {
		i.Skip("needs buildah")
	}
	storage := i.TempDir()
	p := image{installation: i, buildah: []string{"buildah", "--storage-driver", "vfs", "--root", storage + "/root", "--runroot", storage + "/run"}}
	stage := i.TempDir()
	i.does("", "sh", "-c", `mkdir "$0/data" && cp "$1" "$0/" && install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$0/etc/ssl/certs/ca-certificates.crt"`, stage, i.program)
	p.docker("docker build -f deploy/Dockerfile -t mokabot .", "build", "--isolation", "chroot", "--build-context", "build="+stage, "-f", "deploy/Dockerfile", "-t", "mokabot", stage)
	i.Cleanup(func() { _ = exec.Command(p.buildah[0], append(p.buildah[1:], "rm", "--all")...).Run() }) // mounts keep the folder
	format := `{{.OCIv1.Config.User}};{{range .OCIv1.Config.Entrypoint}}{{.}} {{end}}{{range .OCIv1.Config.Cmd}}{{.}} {{end}}`
	parts := strings.Split(p.docker("", "inspect", "--type", "image", "--format", format, "mokabot"), ";")
	p.user, p.run = parts[0], strings.Fields(parts[1])
	archive := storage + "/image.tar"
	p.docker("", "push", "mokabot", "oci-archive:"+archive)
	if info, err := os.Stat(archive); err == nil {
		i.note("the image takes %.1f MB to fetch", float64(info.Size())/1e6)
	}
	if p.user != "65532:65532" || !slices.Equal(p.run, []string{"/mokabot", "run"}) {
		i.Fatalf("the image runs %q as %s", p.run, p.user)
	}
	return p
}

// docker runs buildah in its stead.
func (p image) docker(typed string, args ...string) string {
	p.Helper()
	return p.does(typed, append(slices.Clone(p.buildah), args...)...)
}

// container is a command in a new container of the image, with the variables of
// whoever starts it. /data is the image's own volume, as a named one begins.
func (p image) container(variables map[string]string) func(args ...string) *exec.Cmd {
	p.Helper()
	proxy, trust := p.proxied(p.T)
	shared := p.TempDir()
	for dir := shared; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // another user reads the authority in it
			p.Fatal(err)
		}
	}
	authority := p.reads(strings.TrimPrefix(trust, "SSL_CERT_FILE="))
	if err := os.WriteFile(shared+"/authority.pem", []byte(authority), 0o644); err != nil {
		p.Fatal(err)
	}
	name := p.docker("", "from", "mokabot")
	args := append(slices.Clone(p.buildah), "run", "--isolation", "chroot", "--user", p.user, "--volume", shared+"/authority.pem:/authority.pem:ro")
	for name, value := range variables {
		args = append(args, "--env", name+"="+value)
	}
	args = append(args, "--env", "HTTPS_PROXY="+proxy.URL, "--env", "NO_PROXY=127.0.0.1", "--env", "SSL_CERT_FILE=/authority.pem", name, "--")
	return func(command ...string) *exec.Cmd {
		return exec.CommandContext(p.Context(), args[0], slices.Concat(args[1:], command)...)
	}
}

// isHealthy runs the health check of the image beside the service.
func (p image) isHealthy(check *exec.Cmd) {
	p.Helper()
	out, err := check.CombinedOutput()
	p.note("healthcheck: %s", bytes.TrimSpace(out))
	if err != nil || string(out) != "ok\n" {
		p.Errorf("healthcheck: %v %s", err, out)
	}
}

// inAContainer does what docker compose would with deploy/compose.yaml.
func inAContainer(i *installation) {
	p := i.builds()
	var compose struct {
		Services map[string]struct {
			Environment []string
			Volumes     []string
			ReadOnly    bool `yaml:"read_only"`
		}
	}
	if err := yaml.Unmarshal([]byte(i.reads("../../deploy/compose.yaml")), &compose); err != nil {
		i.Fatal(err)
	}
	service := compose.Services["mokabot"]
	variables := map[string]string{}
	for name, value := range i.variables() {
		if !slices.Contains(service.Environment, name) {
			i.Errorf("compose does not pass %s on", name)
		}
		variables[name] = value
	}
	if !slices.Equal(service.Volumes, []string{"data:/data"}) || !service.ReadOnly {
		i.Errorf("volumes %q, read-only %t", service.Volumes, service.ReadOnly)
	}
	variables["MOKABOT_LISTEN"] = freeAddress(i.T) // beside other tests on the same network
	in := p.container(variables)
	i.note("$ docker compose -f deploy/compose.yaml up -d --build     # as user %s", p.user)
	i.starts(in(p.run...), func() { p.isHealthy(in("/mokabot", "healthcheck")) })
}

// onKubernetes does what a cluster would with deploy/kubernetes.yaml.
func onKubernetes(i *installation) {
	p := i.builds()
	var deployment struct {
		Kind string
		Spec struct {
			Template struct {
				Spec struct {
					SecurityContext struct {
						User  int `yaml:"runAsUser"`
						Group int `yaml:"runAsGroup"`
					} `yaml:"securityContext"`
					Containers []struct {
						Args    []string
						EnvFrom []struct {
							SecretRef struct{ Name string } `yaml:"secretRef"`
						} `yaml:"envFrom"`
						LivenessProbe struct {
							Exec struct{ Command []string }
						} `yaml:"livenessProbe"`
						VolumeMounts []struct {
							MountPath string `yaml:"mountPath"`
						} `yaml:"volumeMounts"`
					}
				}
			}
		}
	}
	manifest := i.reads("../../deploy/kubernetes.yaml")
	for d := yaml.NewDecoder(strings.NewReader(manifest)); deployment.Kind != "Deployment"; {
		if err := d.Decode(&deployment); err == io.EOF {
			i.Fatal("there is no Deployment")
		} else if err != nil {
			i.Fatal(err)
		}
	}
	pod := deployment.Spec.Template.Spec
	c := pod.Containers[0]
	if len(c.EnvFrom) != 1 || len(c.VolumeMounts) == 0 || c.VolumeMounts[0].MountPath != "/data" {
		i.Fatalf("the container is %+v", c)
	}
	// The secret is made as the first line of the file says.
	comment, _, err := bufio.NewReader(strings.NewReader(manifest)).ReadLine()
	if err != nil || !strings.Contains(string(comment), "create secret generic "+c.EnvFrom[0].SecretRef.Name+" ") {
		i.Errorf("the file begins with %s", comment)
	}
	variables := map[string]string{"MOKA_BASE_URL": i.server.URL, "MOKABOT_LISTEN": freeAddress(i.T)}
	for _, m := range regexp.MustCompile(`--from-literal=(\w+)=`).FindAllStringSubmatch(string(comment), -1) {
		variables[m[1]] = i.variables()[m[1]]
	}
	i.note("$ kubectl create secret generic mokabot …")
	if image := p.user; image != fmt.Sprintf("%d:%d", pod.SecurityContext.User, pod.SecurityContext.Group) {
		i.Errorf("the image is made for %s", image)
	}
	p.user = fmt.Sprintf("%d:%d", pod.SecurityContext.User, pod.SecurityContext.Group)
	in := p.container(variables)
	i.note("$ kubectl apply -f deploy/kubernetes.yaml     # as user %s", p.user)
	i.starts(in(append(p.run[:1:1], c.Args...)...), func() { p.isHealthy(in(c.LivenessProbe.Exec.Command...)) })
}
