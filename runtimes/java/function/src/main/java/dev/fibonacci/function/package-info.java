/** What a Java function may use of Fibonacci; provided by the watcher. */
package dev.fibonacci.function;
