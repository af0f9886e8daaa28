package dev.fibonacci.watcher.supervisor;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** The watcher's own folders below scratch. */
final class Folders {
  private Folders() {}

  /** With all that is in it; links are not followed. What cannot be deleted stays. */
  static void delete(Path folder) {
    if (!Files.exists(folder)) return;
    try {
      Files.walkFileTree(folder, new SimpleFileVisitor<>() {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
          Files.delete(file);
          return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, IOException error) throws IOException {
          Files.delete(visited);
          return FileVisitResult.CONTINUE;
        }
      });
    } catch (IOException error) {
      // The next start of the watcher clears it.
    }
  }
}
