// Command longtests prints, for each package with tests that do more with
// MOKABOT_LONG, its folder and the pattern for go test -run that names them, so
// that the long proofs need not run everything else once more.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// switches are the functions of internal/proof that read MOKABOT_LONG.
var switches = []string{"Long", "NeedsLong", "Size"}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string) error {
	return filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); name == "testdata" || name != "." && strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			return err
		}
		names, err := longTests(files)
		if len(names) > 0 {
			fmt.Printf("./%s ^(%s)$\n", filepath.ToSlash(dir), strings.Join(names, "|"))
		}
		return err
	})
}

// longTests are the tests of a package from which a switch can be reached.
func longTests(files []string) (names []string, err error) {
	uses := map[string][]string{} // what the declaration of a name mentions
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				uses[d.Name.Name] = append(uses[d.Name.Name], mentions(d)...)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, name := range v.Names {
							uses[name.Name] = append(uses[name.Name], mentions(v)...)
						}
					}
				}
			}
		}
	}
	for name := range uses {
		if strings.HasPrefix(name, "Test") && reaches(uses, name, map[string]bool{}) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// mentions lists the names in a piece of code; a switch stands as "proof.Size".
func mentions(n ast.Node) (names []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "proof" {
				names = append(names, "proof."+n.Sel.Name)
				return false
			}
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names
}

func reaches(uses map[string][]string, name string, seen map[string]bool) bool {
	if pkg, function, ok := strings.Cut(name, "."); ok {
		return pkg == "proof" && slices.Contains(switches, function)
	}
	if seen[name] {
		return false
	}
	seen[name] = true
	return slices.ContainsFunc(uses[name], func(used string) bool { return reaches(uses, used, seen) })
}
