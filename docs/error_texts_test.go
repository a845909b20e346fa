package docs_test

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

// errorText is the text of an error in the sources, with … for the parts that differ.
type errorText struct{ text, where string }

// otherPrograms lists the directories whose errors are not those of the plugin or of the builder pod.
var otherPrograms = []string{"../tests", "../tools", "../images", "../krew", "../dist", "../docs", "../internal/clitest", "../.git"}

// errorTexts reads the error texts of every Go package and shell script of the plugin.
func errorTexts(t *testing.T) []errorText {
	t.Helper()
	files := token.NewFileSet()
	packages := map[string][]*ast.File{}
	var texts []errorText
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || slices.Contains(otherPrograms, filepath.ToSlash(path))):
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
	constants := exportedConstants(packages)
	for _, sources := range packages {
		c := collector{constants: constantsOf(sources, constants)}
		for _, file := range sources {
			ast.Inspect(file, c.visit)
		}
		for _, found := range c.found {
			texts = append(texts, errorText{found.text, files.Position(found.pos).String()})
		}
	}
	return texts
}

// collector finds the error texts of one package: the arguments of constructors of errors, what a method named Error returns, and the
// strings in the fields of an error's literal.
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
		case name == "errors.New" || name == "fmt.Errorf" || isNamed(name, "Usagef"):
			c.add(n, c.call(n))
		case isNamed(name, "fileError"): // "%s %s: %v"
			c.add(n, c.text(n.Args[0])+" …: …")
		}
	case *ast.FuncDecl:
		if n.Name.Name == "Error" && n.Recv != nil {
			ast.Inspect(n.Body, c.visitError)
		}
	case *ast.CompositeLit:
		// hintedError only adds a hint to another error.
		if name := nameOf(n.Type); strings.HasSuffix(name, "Error") && !isNamed(name, "hintedError") {
			c.fields(n)
		}
	case *ast.AssignStmt:
		if field, ok := n.Lhs[0].(*ast.SelectorExpr); ok && field.Sel.Name == "text" && n.Tok == token.ASSIGN {
			c.add(n, c.text(n.Rhs[0]))
		}
	case *ast.ValueSpec:
		if n.Type != nil && strings.HasSuffix(nameOf(n.Type), "Cause") {
			if text := c.text(n.Values[0]); strings.Contains(text, " ") { // a single word belongs to the protocol
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
		if nameOf(n.Fun) == "fmt.Sprintf" && !strings.HasPrefix(c.call(n), " ") { // a text with a leading space is appended to another
			c.add(n, c.call(n))
		}
	}
	return true
}

// fields adds the strings that a user reads. Names, flags and hints are not part of the error line.
func (c *collector) fields(literal *ast.CompositeLit) {
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if slices.Contains([]string{"hint", "flag", "phase", "op", "source", "instead"}, strings.ToLower(nameOf(pair.Key))) {
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

// text returns the value of an expression, with … for what is known only when the program runs.
func (c *collector) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		return c.text(e.X) + c.text(e.Y)
	case *ast.Ident, *ast.SelectorExpr:
		if text, ok := c.constants[nameOf(e)]; ok {
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

// call returns a format with those arguments that are known.
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

// exportedConstants returns the string constants of all packages, as package.Name.
func exportedConstants(packages map[string][]*ast.File) map[string]string {
	all := map[string]string{}
	for _, sources := range packages {
		for name, text := range constantsOf(sources, nil) {
			if token.IsExported(name) {
				all[sources[0].Name.Name+"."+name] = text
			}
		}
	}
	return all
}

// constantsOf adds the string constants of one package to those of others.
func constantsOf(sources []*ast.File, others map[string]string) map[string]string {
	c := collector{constants: map[string]string{}}
	for name, text := range others {
		c.constants[name] = text
	}
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

// isNamed compares a name with another package's or another spelling of the same: fileError, buildcontext.FileError.
func isNamed(name, want string) bool {
	return strings.EqualFold(name[strings.LastIndex(name, ".")+1:], want)
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

// shellReason matches the ways in which the supervisor and its check give a reason.
var shellReason = regexp.MustCompile(`(?:(?:failure_json|end_early) \w+ \w+ |(?:node|image)_problem |problem=)"([^"]+)|echo "([^"]*)(?:".*return 1|" >"\$SESSION/reason)|event "refused \$\w+ ([^"]*)`)

// shellTexts returns the reasons in a script of the builder pod.
func shellTexts(t *testing.T, path string) []errorText {
	t.Helper()
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var texts []errorText
	for i, line := range strings.Split(string(script), "\n") {
		for _, found := range shellReason.FindAllStringSubmatch(line, -1) {
			text := regexp.MustCompile(`\$(\w+|\{[^}]*\}|\(.*)`).ReplaceAllString(strings.Join(found[1:], ""), "…")
			if regexp.MustCompile(`\pL`).MatchString(text) {
				texts = append(texts, errorText{text, path + ":" + strconv.Itoa(i+1)})
			}
		}
	}
	return texts
}
