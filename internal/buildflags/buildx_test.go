package buildflags

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/internal/build"
)

// TestFlagsOfBuildx reads the flags from the sources of the buildx that tools/buildx pins. Each must be a flag of build, or be listed as unsupported; docs/flags.md
// is made of both.
func TestFlagsOfBuildx(t *testing.T) {
	names := flagsOfBuildx(t) // before newBench changes to another directory
	verb, _, err := newBench(t).command(func(*build.Plan) {}).Find([]string{"build"})
	if err != nil {
		t.Fatal(err)
	}
	for name, shorthand := range names {
		switch flag := verb.Flags().Lookup(name); {
		case flag == nil:
			t.Errorf("--%s of buildx is neither implemented nor listed as unsupported", name)
		case shorthand != "" && shorthand != flag.Shorthand:
			t.Errorf("--%s is -%s in buildx, and -%s here", name, shorthand, flag.Shorthand)
		}
	}
	for _, known := range []string{"build-arg", "check", "memory", "no-cache", "pull", "tag", "builder"} { // one for each way in which buildx defines flags
		if _, found := names[known]; !found || len(names) < 50 {
			t.Errorf("%d flags without --%s: buildx defines its flags in another way than this test expects", len(names), known)
		}
	}
}

// flagsOfBuildx returns the names and shorthands of the flags of `buildx build`.
func flagsOfBuildx(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "github.com/docker/buildx")
	cmd.Dir = filepath.Join("..", "..", "tools", "buildx")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	module := struct{ Dir string }{}
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for file, functions := range map[string]string{"build.go": "", "root.go": "rootFlags"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module.Dir, "commands", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && (functions == "" || function.Name.Name == functions) {
				ast.Inspect(function, func(n ast.Node) bool {
					if name, shorthand := definedFlag(n); name != "" {
						names[name] = shorthand
					}
					return true
				})
			}
		}
	}
	return names
}

// definedFlag returns the name and shorthand of the flag that a node defines: flags.TYPE("NAME", …), flags.TYPEVar(&x, "NAME", …), or one with "P" at the end
// and a shorthand after the name.
func definedFlag(n ast.Node) (name, shorthand string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	set, ok := method.X.(*ast.Ident)
	switch verb := method.Sel.Name; {
	case !ok || set.Name != "flags" || verb == "Lookup" || strings.HasPrefix(verb, "Mark") || strings.HasPrefix(verb, "Set"):
		return "", ""
	case strings.Contains(verb, "Var"):
		call.Args = call.Args[1:]
	}
	if name = text(call.Args[0]); strings.HasSuffix(strings.TrimSuffix(method.Sel.Name, "F"), "P") {
		shorthand = text(call.Args[1])
	}
	return name, shorthand
}

func text(argument ast.Expr) string {
	if literal, ok := argument.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		value, _ := strconv.Unquote(literal.Value)
		return value
	}
	return ""
}
