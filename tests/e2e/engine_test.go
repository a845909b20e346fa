package e2e_test

import (
	"strings"
	"testing"
)

// TestEngine compares what a build asks for with the engine that the builder image has.
func TestEngine(t *testing.T) {
	t.Parallel()
	t.Run("flags of the current engine", engineFlags)
	t.Run("an older engine is warned of", engineOfOldImage)
	t.Run("an older engine lacks a flag", engineLacksFlag)
	t.Run("an older engine loses set-user-ID bits", engineLosesBits)
	t.Run("doctor", engineInDoctor)
}

const flaw = "CVE-2024-23651"

func engineFlags(t *testing.T) {
	t.Parallel()
	ns := namespace(t, baseline)
	claim := cacheClaim(t, ns)
	dir := only(t, "FROM "+busybox()+" AS kept\nRUN cat /proc/sys/kernel/random/uuid >/uuid\n"+
		"FROM "+busybox()+" AS fresh\nRUN : fresh; cat /proc/sys/kernel/random/uuid >/uuid\n"+
		"FROM "+busybox()+"\nRUN cp /etc/hosts /hosts\nCOPY --from=kept /uuid /kept\nCOPY --from=fresh /uuid /fresh\n")
	of := func(tag string) map[string]string {
		r := build(ns, "-t", repository(ns)+":"+tag, "--cache-volume", claim, "--pull", "--no-cache-filter", "fresh",
			"--add-host", "db:10.0.0.5", "--add-host", "six=[fd00::5]", dir).run(t).succeeds(t)
		if strings.Contains(r.stderr, "warning: ") {
			t.Errorf("a warning:\n%s", r.stderr)
		}
		image := pull(t, repository(ns)+":"+tag)
		return map[string]string{"kept": fileIn(t, image, "kept"), "fresh": fileIn(t, image, "fresh"), "hosts": fileIn(t, image, "hosts")}
	}
	one, two := of("1"), of("2")
	if one["kept"] != two["kept"] {
		t.Error("--no-cache-filter ran the steps of another stage again")
	}
	if one["fresh"] == two["fresh"] {
		t.Error("--no-cache-filter took a step from the cache")
	}
	for _, line := range []string{"10.0.0.5\tdb\n", "fd00::5\tsix\n"} {
		if !strings.Contains(two["hosts"], line) {
			t.Errorf("/etc/hosts of the step lacks %q:\n%s", line, two["hosts"])
		}
	}
}

func engineOfOldImage(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	r := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", only(t, shell("RUN true"))).run(t).succeeds(t)
	warned := r.lines("warning: ")
	if len(warned) != 1 || !strings.Contains(warned[0], flaw) {
		t.Errorf("want one warning that names %s: %q", flaw, warned)
	}
}

// engineLacksFlag uses a context that takes longer to send than the test waits.
func engineLacksFlag(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	for flag, value := range map[string]string{"pull": "true", "add-host": "db:10.0.0.5", "no-cache-filter": "fresh", "platform": "linux/amd64,linux/arm64", "build-context": "a=."} {
		r := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", "--"+flag+"="+value, smallContext(t)).run(t).within(t, soon)
		r.fails(t, codeUsage, "--"+flag, "genuinetools/img").hints(t, "a current builder image")
		if strings.Contains(r.stderr, "sent the build context") {
			t.Errorf("the context was sent:\n%s", r.stderr)
		}
	}
}

func engineLosesBits(t *testing.T) {
	t.Parallel()
	ns, dir := namespace(t, privileged), t.TempDir()
	plant(t, dir, 0, setIDPrograms())
	write(t, dir+"/Dockerfile", scratch("COPY . /"))
	old := build(ns, "-t", repository(ns), "--image", shared.LegacyImage, "--profile", "unconfined", dir).run(t).succeeds(t)
	if !strings.Contains(old.stderr, "lose that bit when genuinetools/img copies them") {
		t.Errorf("no warning of set-user-ID bits:\n%s", old.stderr)
	}
}

func engineInDoctor(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	d, _ := examine(t, ns, "--probe", "--image", shared.LegacyImage)
	for _, c := range d.Checks {
		if c.Status == "warn" && strings.Contains(c.Detail, flaw) {
			return
		}
	}
	t.Errorf("no check warns of %s: %+v", flaw, d.Checks)
}
