package buildflags

import (
	"io"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/clitest"
)

// TestInvalidInput holds every kind of bad input to exit code 2 and one error line that names what is wrong.
func TestInvalidInput(t *testing.T) {
	tests := []struct {
		args  string
		names string // appears in the error line
	}{
		{"-t app", "build context"},
		{"-t app . extra", "one build context"},
		{"-t app --secret src=Dockerfile .", "id is missing"},
		{"-t app --secret id=a,src=. .", "secret a: its file is a directory"},
		{"-t app --secret id=a,src=none .", "secret a: read its file: no such file"},
		{"-t app --secret id=a,env=NONE .", "secret a: the environment has no variable"},
		{"-t app --secret id=a,type=x .", "want file or env"},
		{"-t app --ssh default .", "want ID=FILE"},
		{"-t app --ssh default=Dockerfile .", "key default is no private key"},
		{"-t app --annotation a .", "want KEY=VALUE"},
		{"-t app --annotation index:a=b .", "no index"},
		{"-t app --shm-size 12parsec .", "--shm-size"},
		{"-t app --shm-size 0 .", "--shm-size"},
		{"-t app --ulimit nofile .", "--ulimit"},
		{"-t app --network none .", "a network of its own"},
		{"-t app --network host .", "out of a builder pod's reach"},
		{"-t app --network bridge .", "want default"},
		{"-t app https://user:hunter2@example.com/repo.git", "has a login"},
		{"-t app https://token@example.com/repo.git", "has a login"},
		{"-t app ssh://git:hunter2@example.com/b", "has a login"},
		{"-t app https://", "is not valid"},
		{"-t app https://example.com/%zz", "is not valid"},
		{"-t app -f - https://example.com/repo.git", "must be in the context"},
		{"-t app -f /Dockerfile https://example.com/repo.git", "within the context"},
		{"-t app -f ../Dockerfile https://example.com/repo.git", "within the context"},
		{"-t app --build-context a .", "want NAME=PATH"},
		{"-t app --build-context =src .", "want NAME=PATH"},
		{"-t app --build-context a= .", "want NAME=PATH"},
		{"-t app --build-context A=src .", "must be lowercase"},
		{"-t app --build-context a=gone .", "--build-context a: open build context gone: no such file"},
		{"-t app --build-context a=Dockerfile .", "Dockerfile: not a directory"},
		{"-t app --build-context a=target:b .", "a target of a bake file is not known"},
		{"-t app --build-context a=docker-image://A .", "--build-context a: "},
		{"-t app --build-context a=https://u:hunter2@example.com/b.git .", "--build-context a: its URL has a login"},
		{"-t app --build-context a=oci-layout://src .", "--build-context a: read OCI layout"},
		{"-t app -f - -", "stdin"},
		{"-t app -", "empty"},
		{"-t app nowhere", "nowhere"},
		{"-t app Dockerfile", "not a directory"},
		{"-t app src", "Dockerfile"},
		{"-t app -f src .", "is a directory"},
		{"-t app -f gone .", "gone"},
		{".", "--tag"},
		{"--push .", "--tag"},
		{"-o type=tar,dest=x.tar --push .", "--tag"},
		{"-t FOO .", "FOO"},
		{"-t https://r.example/app:1 .", "has no scheme"},
		{"-t https:/r.example/app:1 .", "has no scheme"},
		{"-t //r.example/app:1 .", "has no leading slash"},
		{"-t /r.example/app .", "has no leading slash"},
		{"-t app --auth https://r.example=none .", "has no scheme"},
		{"-t app --auth https:/r.example=none .", "has no scheme"},
		{"-t app --auth //r.example=none .", "has no leading slash"},
		{"-t app:in@valid .", "digest"},
		{"-t app@sha256:0000000000000000000000000000000000000000000000000000000000000000 .", "digest"},
		{"-t app: .", "--tag"},
		{"-t a//b .", "a//b"},
		{"-t -app .", "-app"},
		{"-t -r.example/app .", "-r.example/app"},
		{"-t r_1.example/app .", "want a host name"},
		{"-t 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef .", "64-byte hexadecimal"},
		{"-t app:a/b:c .", "--tag"},
		{"-t= .", "--tag"},
		{"--unknown .", "unknown flag: --unknown"},
		{"-Z .", "'Z'"},
		{"-t app --timeout .", "--timeout"},
		{"-t app --timeout 0 .", "--timeout"},
		{"-t app --timeout -1s .", "--timeout"},
		{"-t app --timeout 10 .", "--timeout"},
		{"-t app --timeout 8761h .", "a year at most"},
		{"-t app --detach-grace 2562047h .", "a year at most"},
		{"-t app --pod-timeout 0s .", "--pod-timeout"},
		{"-t app --pod-timeout 2h .", "--pod-timeout"},
		{"-t app --detach-grace 0s .", "--detach-grace"},
		{"-t app --detach-grace 999ms .", "at least 1s"},
		{"-t app --progress tty .", "tty"},
		{"-t app --progress fancy .", "fancy"},
		{"-t app -q --progress plain .", "--quiet"},
		{"-t app --dry-run=client .", "yaml or json"},
		{"-t app --push=maybe .", "--push"},
		{"-t app --build-arg =secret .", "--build-arg"},
		{"-t app --label =x .", "--label"},
		{"-t app --platform linux .", "linux/arm64"},
		{"-t app --platform linux/amd64, .", "linux/arm64"},
		{"-t app --platform windows/amd64 .", "linux"},
		{"-t app --platform linux/amd46 .", "amd46"},
		{"-t app --platform linux/arm/v7/x .", "--platform"},
		{"-t app --platform linux/arm64 --node-selector kubernetes.io/arch=amd64 .", "--node-selector"},
		{"-t app --node-selector kubernetes.io/os=windows .", "windows"},
		{"-t app --node-selector disk .", "KEY=VALUE"},
		{"-t app --node-selector di$sk=a .", "di$sk"},
		{"-t app --toleration =x .", "--toleration"},
		{"-t app --toleration a:Sometimes .", "Sometimes"},
		{"-t app --toleration a=b$ .", "b$"},
		{"-t app --request gpu=1 .", "gpu"},
		{"-t app --request cpu .", "NAME=QUANTITY"},
		{"-t app --request cpu=lots .", "lots"},
		{"-t app --limit memory=-1 .", "-1"},
		{"-t app --limit memory=0 .", "more than 0"},
		{"-t app --request cpu=3 --limit cpu=2 .", "--limit"},
		{"-t app --image upper/Case:x .", "--image"},
		{"-t app --image= .", "--image"},
		{"-t app --name Bad_Name .", "--name"},
		{"-t app --name a.b .", "--name"},
		{"-t app -n Bad_Space .", "--namespace"},
		{"-t app --service-account A_B .", "--service-account"},
		{"-t app --image-pull-secret A_B .", "--image-pull-secret"},
		{"-t app --image-pull-secret= .", "--image-pull-secret"},
		{"-t app --cache-volume A_B .", "--cache-volume"},
		{"-t app --pod-label a .", "--pod-label"},
		{"-t app --pod-label a=$ .", "--pod-label"},
		{"-t app --pod-label app.kubernetes.io/managed-by=me .", "managed-by"},
		{"-t app --pod-annotation a .", "--pod-annotation"},
		{"-t app --pod-annotation a$=b .", "--pod-annotation"},
		{"-t app --pod-annotation kubectl-img.dev/expires-after=1s .", "expires-after"},
		{"-t app --pod-template nowhere.yaml .", "nowhere.yaml"},
		{"-t app --pod-template src .", "--pod-template"},
		{"-t app --pod-template Dockerfile .", "template"},
		{"-t app --profile best .", "auto, stock, userns, restricted, localhost, unset, unconfined"},
		{"-t app --min-profile auto .", "--min-profile"},
		{"-t app --profile localhost --seccomp-profile /etc/x .", "--seccomp-profile"},
		{"-t app --profile localhost --seccomp-profile a/../../x .", ".."},
		{"-t app --profile localhost --seccomp-profile= .", "--seccomp-profile"},
		{"-t app --profile unset --seccomp-profile x.json .", "--seccomp-profile"},
		{"-t app --profile stock --shm-size 16m .", "--shm-size has no effect with --profile stock"},
		{"-t app --profile stock --slots 0 .", "a number from 1 to 8"},
		{"-t app --profile stock --slots 9 .", "a number from 1 to 8"},
		{"-t app --profile userns --slots 2 .", "--slots has no effect"},
		{"-t app --auth gclod .", "want auto, gcloud, gcr, local, secret=NAME or none"},
		{"-t app --auth secret= .", "--auth"},
		{"-t app --auth secret=A_B .", "--auth"},
		{"-t app --auth ghcr.io/team=gcr .", "without a path"},
		{"-t app --auth gcr --auth local .", "contradict"},
		{"-t app --registry-ca nowhere.pem .", "nowhere.pem"},
		{"-t app --registry-ca Dockerfile .", "no certificate"},
		{"-t app --insecure-registry https://r.example .", "has no scheme"},
		{"-t app --proxy .", "HTTP_PROXY"},
		{"-t app --check-push=maybe .", "--check-push"},
		{"-t app --registry-mirror https://m .", "mirrors are not supported yet"},
		{"-o x=y .", "type is missing"},
		{"-o= .", "--output"},
		{"-o type=zip,dest=x .", "zip"},
		{"-o type=image,name=a .", "registry"},
		{"-o type=registry .", "--tag"},
		{"-t app -o type=registry,dest=x .", "has no dest"},
		{"-t app -o type=registry,name=a .", "name and --tag both name the image"},
		{"-o type=registry,name=BAD .", "name: "},
		{"-t app -o type=registry,unpack=true .", "knows no unpack for type registry"},
		{"-t app -o type=registry,compression=zstd,compression-level=23 .", "want a number from 0 to 22"},
		{"-t app -o type=registry,compression-level=10 .", "want a number from 0 to 9"},
		{"-t app -o type=registry,force-compression=yes .", "want true or false"},
		{"-t app -o type=registry --push=false .", "contradict each other"},
		{"-t app -o type=registry -o type=image,push=true .", "asks for two images"},
		{"-o type=tar .", "dest is missing"},
		{"-o type=docker .", "dest is missing"},
		{"-o type=local,dest=- .", "stdout"},
		{"-o type=local,dest=Dockerfile .", "is a file: want a directory"},
		{"-o Dockerfile .", "is a file: want a directory"},
		{"-o type=tar,dest=src .", "directory"},
		{"-o type=tar,dest=no/where.tar .", "does not exist"},
		{"-o type=tar,dest=Dockerfile/x.tar .", "--output"},
		{"-o type=local,dest=no/where .", "does not exist"},
		{"-o type=local,dest=/dev/null .", "is a file: want a directory"},
		{"-o type=local,dest=/dev/stdout .", "is a file: want a directory"},
		{"-o type=tar,dest=/dev/fd/98 .", "descriptor 98 is not open"},
		{"-o type=tar,dest=src/ .", "is a directory"},
		{"-t app --iidfile /dev/fd/98 .", "descriptor 98 is not open"},
		{"-t app --digest-file /proc/1/fd/1 .", "is a descriptor of another process"},
		{"-t app --metadata-file /dev/fd/x .", "is no descriptor"},
		{"-o - --metadata-file /dev/stdout .", "stdout carries the output"},
		{"-o type=tar,dest=/dev/stdout --metadata-file /dev/fd/1 .", "stdout carries the output"},
		{"-t app --push -o type=tar,dest=x --metadata-file x .", "name the same file"},
		{"-t app --push -o type=oci,dest=x --digest-file ./x .", "name the same file"},
		{"-t app --push -o type=local,dest=x/ --iidfile x .", "--iidfile and --output name the same file"},
		{"-t app --push -o x --metadata-file ./x .", "--metadata-file and --output name the same file"},
		{"-t app --digest-file x --metadata-file src/../x .", "--digest-file and --metadata-file name the same file"},
		{"-t app --iidfile /dev/stdout --digest-file /dev/fd/1 .", "--iidfile and --digest-file name the same file"},
		{"-o type=tar,dest=x.tar --output-limit 0 .", "want more than 0"},
		{"-o type=tar,dest=x.tar --output-limit much .", "--output-limit"},
		{"-o type=tar,dest=x.tar,annotation.a=b .", "annotation.a"},
		{"-o type=oci,dest=x.tar,compression=brotli .", "brotli"},
		{"-o type=oci,dest=x.tar,name=BAD .", "name"},
		{"-o type=tar,x .", "KEY=VALUE"},
		{`-o "type=tar .`, "--output"},
		{"-o a -o b .", "two results here"},
		{"-t app --iidfile src .", "directory"},
		{"-t app --iidfile no/where .", "does not exist"},
		{"-t app --digest-file Dockerfile/x .", "--digest-file"},
		{"-t app --metadata-file no/where .", "does not exist"},
		{"-o out --digest-file d .", "--digest-file"},
		{"-o type=tar,dest=x.tar --iidfile d .", "--iidfile"},
		{"-t app --cache-from type=gha .", "gha"},
		{"-t app --cache-from type=local,src=x .", "local"},
		{"-t app --cache-from type=inline .", "inline"},
		{"-t app --cache-from ref=x .", "type is missing"},
		{"-t app --cache-from type=registry .", "reference is empty"},
		{"-t app --cache-from type=registry,ref=BAD .", "BAD"},
		{"-t app --cache-from= .", "--cache-from"},
		{"-t app --cache-from a,b .", "KEY=VALUE"},
		{"-t app --cache-from type=registry,ref=a,mode=max .", "mode"},
		{"-t app --cache-to type=local,dest=x .", "local"},
		{"-t app --cache-to type=s3,bucket=b .", "s3"},
		{"-t app --cache-to type=azblob,name=b .", "azblob"},
		{"-t app --cache-to type=registry,ref=a,mode=most .", "most"},
		{"-t app --cache-to type=registry,ref=a,compression=zstd .", "compression"},
		{"-t app --cache-to a --cache-to b .", "2 times"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			report := newBench(t).unusable(t, append([]string{"build"}, strings.Fields(tt.args)...)...)
			line, _, _ := strings.Cut(report, "\n")
			if !strings.Contains(line, tt.names) {
				t.Errorf("error line %q does not name %q", line, tt.names)
			}
		})
	}
}

func TestOutputToATerminal(t *testing.T) {
	b := newBench(t)
	b.IsTerminal = func(io.Writer) bool { return true }
	if report := b.unusable(t, "build", "-o", "-", "."); !strings.Contains(report, "terminal") {
		t.Errorf("report %q does not name the terminal", report)
	}
}

// Promise 5: no secret in an error.
func TestInvalidInputKeepsSecrets(t *testing.T) {
	for _, args := range [][]string{
		{"build", "-t", "app", "--build-arg", "=hunter2", "."},
		{"build", "-t", "app", "https://user:hunter2@example.com/repo.git"},
		{"build", "-t", "app", "--secret", "hunter2", "."},
		{"build", "-t", "app", "--secret", "id=a,hunter2", "."},
		{"build", "-t", "app", "--secret", "id=a,value=hunter2", "."},
		{"build", "-t", "app", "--secret", "id=a,src=hunter2", "."},
		{"build", "-t", "app", "--secret", "id=a,env=hunter2", "."},
		{"build", "-t", "app", "--ssh", "default=hunter2", "."},
		{"build", "-t", "app", "--ssh", "hunter2", "."},
		{"build", "-t", "app", "--auth", "ghcr.io=hunter2", "."},
		{"build", "-t", "app", "--auth", "user:hunter2@ghcr.io=local", "."},
		{"build", "-t", "app", "--insecure-registry", "user:hunter2@ghcr.io", "."},
	} {
		if report := newBench(t).unusable(t, args...); strings.Contains(report, "hunter2") {
			t.Errorf("%q shows the secret: %s", args, report)
		}
	}
}

func TestSourceWithoutADockerfile(t *testing.T) {
	if report := newBench(t).unusable(t, "build", "-t", "app", "src"); !strings.Contains(report, "\nhint: -f FILE") {
		t.Errorf("report %q does not name -f", report)
	}
}

func TestSourceIsAComposeFile(t *testing.T) {
	b := newBench(t)
	clitest.Write(t, "compose.yaml", "services:\n  app:\n    build: .\n")
	report := b.unusable(t, "build", "-t", "app", "-f", "compose.yaml", ".")
	if !strings.HasPrefix(report, "error: compose.yaml is a compose file, not a Dockerfile\nhint: ") {
		t.Errorf("report %q", report)
	}
}

func TestInvalidInputSuggestsAFlag(t *testing.T) {
	report := newBench(t).unusable(t, "build", "--buildarg", "A=1", ".")
	if want := "error: unknown flag: --buildarg\nhint: did you mean --build-arg?\n"; report != want {
		t.Errorf("report %q, want %q", report, want)
	}
}
