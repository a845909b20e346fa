// Command fileorder fails for Go packages whose files use each other in a circle. Files of a package without one read top down: each uses only
// files below it.
package main

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: fileorder DIR PACKAGE...")
		os.Exit(2)
	}
	circles, err := inPackages(os.Args[1], os.Args[2:]...)
	for _, c := range circles {
		fmt.Fprintln(os.Stderr, c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || len(circles) > 0 {
		os.Exit(1)
	}
}

// inPackages returns a line for every pair of files in a circle, with the names that tie them.
func inPackages(dir string, patterns ...string) ([]string, error) {
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps
	loaded, err := packages.Load(&packages.Config{Mode: mode, Dir: dir}, patterns...)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("load %s: %w", p.PkgPath, p.Errors[0])
		}
		uses := usesOf(p)
		for _, circle := range uses.circles() {
			lines = append(lines, fmt.Sprintf("%s: the files %s use each other in a circle:", p.PkgPath, strings.Join(circle, ", ")))
			for _, from := range circle {
				for _, to := range circle {
					if names := uses[from][to]; len(names) > 0 {
						lines = append(lines, fmt.Sprintf("\t%s uses %s of %s", from, strings.Join(slices.Sorted(maps.Keys(names)), ", "), to))
					}
				}
			}
		}
	}
	return lines, nil
}

// uses has, for each file, the names that it uses of each other file of the package.
type uses map[string]map[string]map[string]bool

func usesOf(p *packages.Package) uses {
	all := uses{}
	for _, file := range p.Syntax {
		from := filepath.Base(p.Fset.Position(file.Pos()).Filename)
		all[from] = map[string]map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			name, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			object := p.TypesInfo.Uses[name]
			if object == nil || object.Pkg() != p.Types {
				return true
			}
			to := filepath.Base(p.Fset.Position(object.Pos()).Filename)
			if to == from {
				return true
			}
			if all[from][to] == nil {
				all[from][to] = map[string]bool{}
			}
			all[from][to][name.Name] = true
			return true
		})
	}
	return all
}

// circles returns the groups of files that reach each other.
func (u uses) circles() [][]string {
	reach := map[string]map[string]bool{}
	for from := range u {
		reach[from] = map[string]bool{}
		u.follow(from, reach[from])
	}
	var groups [][]string
	grouped := map[string]bool{}
	for _, from := range slices.Sorted(maps.Keys(u)) {
		if grouped[from] || !reach[from][from] {
			continue
		}
		var group []string
		for _, to := range slices.Sorted(maps.Keys(reach[from])) {
			if reach[to][from] {
				group = append(group, to)
				grouped[to] = true
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// follow adds every file that from uses, and those that these use.
func (u uses) follow(from string, reached map[string]bool) {
	for to := range u[from] {
		if !reached[to] {
			reached[to] = true
			u.follow(to, reached)
		}
	}
}
