// Package shop is an API.
package shop

import (
	"encoding/json"
	"net/http"
)

type product struct {
	ID    string `json:"id"`
	Cents int    `json:"cents"`
}

type order struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Cents    int    `json:"cents"`
}

var products = []product{{"mug", 950}, {"pen", 250}}

var Handler = routes()

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /products", func(w http.ResponseWriter, r *http.Request) {
		send(w, http.StatusOK, products)
	})
	mux.HandleFunc("GET /products/{id}", func(w http.ResponseWriter, r *http.Request) {
		if found := find(r.PathValue("id")); found != nil {
			send(w, http.StatusOK, found)
			return
		}
		refuse(w, http.StatusNotFound, "there is no product "+r.PathValue("id"))
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		var wanted order
		err := json.NewDecoder(r.Body).Decode(&wanted)
		found := find(wanted.Product)
		if err != nil || found == nil || wanted.Quantity < 1 || wanted.Quantity > 100 {
			refuse(w, http.StatusBadRequest, `send {"product":"mug","quantity":1}`)
			return
		}
		wanted.Cents = found.Cents * wanted.Quantity
		send(w, http.StatusCreated, wanted)
	})
	return mux
}

func find(id string) *product {
	for i := range products {
		if products[i].ID == id {
			return &products[i]
		}
	}
	return nil
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, text string) {
	send(w, status, map[string]string{"error": text})
}
