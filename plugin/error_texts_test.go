package plugin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// errorText is a text that an error of ours has, with … for what differs.
type errorText struct{ text, where string }

// errorTexts reads them out of the sources of every package that is part of the program, the supervisor included.
func errorTexts(t *testing.T) []errorText {
	t.Helper()
	files := token.NewFileSet()
	packages := map[string][]*ast.File{}
	var texts []errorText
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"tests", "tools", "images", "krew", "dist", "clitest", "testdata", ".git"}, entry.Name()):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
		case strings.HasSuffix(path, ".sh") && strings.Contains(path, "internal"):
			texts = append(texts, shellTexts(t, path)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sources := range packages {
		c := collector{constants: constantsOf(sources)}
		for _, file := range sources {
			ast.Inspect(file, c.visit)
		}
		for _, found := range c.found {
			texts = append(texts, errorText{found.text, files.Position(found.pos).String()})
		}
	}
	return texts
}

// collector finds the texts of errors in one package: what is given to a constructor of errors, what a method named Error returns,
// and the words in the fields of an error's literal.
type collector struct {
	constants map[string]string
	found     []struct {
		text string
		pos  token.Pos
	}
}

func (c *collector) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch name := nameOf(n.Fun); {
		case slices.Contains([]string{"errors.New", "fmt.Errorf", "cli.Usagef", "Usagef"}, name):
			c.add(n, c.call(n))
		case name == "fileError": // "%s %s: %v"
			c.add(n, c.text(n.Args[0])+" …: …")
		}
	case *ast.FuncDecl:
		if n.Name.Name == "Error" && n.Recv != nil {
			ast.Inspect(n.Body, c.visitError)
		}
	case *ast.CompositeLit:
		if name := nameOf(n.Type); strings.HasSuffix(name, "Error") && name != "hintedError" { // it only adds a hint
			c.fields(n)
		}
	case *ast.AssignStmt:
		if field, ok := n.Lhs[0].(*ast.SelectorExpr); ok && field.Sel.Name == "text" && n.Tok == token.ASSIGN {
			c.add(n, c.text(n.Rhs[0]))
		}
	case *ast.ValueSpec:
		if n.Type != nil && strings.HasSuffix(nameOf(n.Type), "Cause") {
			if text := c.text(n.Values[0]); strings.Contains(text, " ") { // others are words of a protocol
				c.add(n, text)
			}
		}
	}
	return true
}

func (c *collector) visitError(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ReturnStmt:
		c.add(n, c.text(n.Results[0]))
	case *ast.CallExpr:
		if nameOf(n.Fun) == "fmt.Sprintf" && !strings.HasPrefix(c.call(n), " ") { // that is appended to another one
			c.add(n, c.call(n))
		}
	}
	return true
}

// fields takes what a user would read: not names, flags and hints.
func (c *collector) fields(literal *ast.CompositeLit) {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if slices.Contains([]string{"hint", "flag", "phase", "Op", "Source", "Instead"}, nameOf(pair.Key)) {
				continue
			}
			element = pair.Value
		}
		if text := c.text(element); strings.Contains(strings.ReplaceAll(text, "…", ""), " ") {
			c.add(element, text)
		}
	}
}

func (c *collector) add(n ast.Node, text string) {
	text = strings.TrimSpace(text)
	if regexp.MustCompile(`\pL`).MatchString(text) {
		c.found = append(c.found, struct {
			text string
			pos  token.Pos
		}{text, n.Pos()})
	}
}

// text is what an expression can be known to say.
func (c *collector) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		return c.text(e.X) + c.text(e.Y)
	case *ast.Ident:
		if text, ok := c.constants[e.Name]; ok {
			return text
		}
	case *ast.CallExpr:
		if nameOf(e.Fun) == "fmt.Sprintf" {
			return c.call(e)
		}
	case *ast.ParenExpr:
		return c.text(e.X)
	}
	return "…"
}

// call fills in a format's arguments, as far as they are known.
func (c *collector) call(call *ast.CallExpr) string {
	format, args := c.text(call.Args[0]), call.Args[1:]
	return regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z%]`).ReplaceAllStringFunc(format, func(verb string) string {
		switch {
		case verb == "%%":
			return "%"
		case len(args) == 0:
			return verb
		}
		arg := c.text(args[0])
		args = args[1:]
		if strings.HasSuffix(verb, "q") {
			return `"…"`
		}
		return arg
	})
}

func constantsOf(sources []*ast.File) map[string]string {
	c := collector{constants: map[string]string{}}
	for _, file := range sources {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					if text := c.text(spec.Values[i]); text != "…" {
						c.constants[name.Name] = text
					}
				}
			}
			return true
		})
	}
	return c.constants
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return nameOf(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return nameOf(e.X)
	default:
		return ""
	}
}

// shellTexts are the reasons that the supervisor gives.
func shellTexts(t *testing.T, path string) []errorText {
	t.Helper()
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reason := regexp.MustCompile(`(?:problem=|(?:failure_json|end_early) \w+ \w+ )"([^"]+)|echo "([^"]*)(?:".*return 1|" >"\$SESSION/reason)|event "refused \$\w+ ([^"]*)`)
	var texts []errorText
	for i, line := range strings.Split(string(script), "\n") {
		for _, found := range reason.FindAllStringSubmatch(line, -1) {
			text := regexp.MustCompile(`\$(\w+|\{[^}]*\}|\(.*)`).ReplaceAllString(strings.Join(found[1:], ""), "…")
			if regexp.MustCompile(`\pL`).MatchString(text) {
				texts = append(texts, errorText{text, path + ":" + strconv.Itoa(i+1)})
			}
		}
	}
	return texts
}
