// Package langtest records which words of a language appear in a test's messages.
package langtest

import (
	"fmt"
	"reflect"
	"strings"

	"mokabot/internal/lang"
)

// Mark replaces every word of a language by its own path in the struct, such as
// «Balance.Used», so that a message shows which words it uses, and returns all paths.
// A phrase also shows its text arguments, because those may hold the path of another.
// In a map, every key is a path, after a slash.
func Mark(w *lang.Words) []string {
	var all []string
	mark(reflect.ValueOf(w).Elem(), "", &all)
	return all
}

// Said reports whether a text contains the word at the path.
func Said(text, path string) bool { return strings.Contains(text, sign(path)) }

func sign(path string) string { return "«" + path + "»" }

func mark(v reflect.Value, path string, all *[]string) {
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			mark(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), all)
		}
	case v.Kind() == reflect.Map:
		own := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			word := reflect.New(v.Type().Elem()).Elem()
			word.Set(v.MapIndex(key))
			mark(word, path+"/"+key.String(), all)
			own.SetMapIndex(key, word)
		}
		v.Set(own)
	case v.IsZero() || path == "Tag": // says nothing
	case v.Kind() == reflect.Func:
		*all = append(*all, path)
		v.Set(reflect.MakeFunc(v.Type(), phrase(path)))
	case v.Kind() == reflect.String:
		*all = append(*all, path)
		v.SetString(sign(path))
	}
}

// phrase returns the path and every text among the arguments.
func phrase(path string) func(args []reflect.Value) []reflect.Value {
	return func(args []reflect.Value) []reflect.Value {
		signed := sign(path)
		for _, a := range args {
			switch text := a.Interface().(type) {
			case string, []string:
				signed += fmt.Sprint(" ", text)
			}
		}
		return []reflect.Value{reflect.ValueOf(signed)}
	}
}
