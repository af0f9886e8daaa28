// Package hello greets.
package hello

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
)

type greeting struct {
	Message     string `json:"message"`
	Environment string `json:"environment"`
}

func Handler(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.URL.Query().Get("name"), "world")
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(greeting{"Hello, " + name + "!", os.Getenv("ENVIRONMENT")})
}
