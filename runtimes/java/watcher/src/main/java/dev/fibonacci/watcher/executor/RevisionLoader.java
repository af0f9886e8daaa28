package dev.fibonacci.watcher.executor;

import dev.fibonacci.watcher.user.Surroundings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Classes and resources of one revision: {@code classes/} and {@code lib/*.jar} of its folder, with the revision's own environment (W3.7). */
final class RevisionLoader extends URLClassLoader implements Surroundings {
  static {
    registerAsParallelCapable();
  }

  private final Map<String, String> environment;
  private volatile boolean loading = true;

  RevisionLoader(Path folder, ClassLoader parent, Map<String, String> environment) {
    super("revision", places(folder), parent);
    this.environment = environment;
  }

  private static URL[] places(Path folder) {
    List<URL> places = new ArrayList<>();
    try {
      places.add(folder.resolve("classes").toUri().toURL());
      Path lib = folder.resolve("lib");
      if (Files.isDirectory(lib)) {
        try (Stream<Path> jars = Files.list(lib)) {
          for (Path jar : jars.filter(file -> file.toString().endsWith(".jar")).sorted().toList()) places.add(jar.toUri().toURL());
        }
      }
    } catch (MalformedURLException error) {
      throw new IllegalStateException(error);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return places.toArray(URL[]::new);
  }

  /** The code has been loaded: from now on it may end the process. */
  void loaded() {
    loading = false;
  }

  @Override
  public Map<String, String> environment() {
    return environment;
  }

  @Override
  public boolean isLoading() {
    return loading;
  }

  /** Whether a class of this name is the function's own, or of its libraries. */
  boolean defines(String name) {
    Class<?> known = findLoadedClass(name);
    // One that was only asked for by it may be another loader's.
    return known != null && known.getClassLoader() == this;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    String path = name.replace('.', '/') + ".class";
    URL resource = findResource(path);
    if (resource == null) throw new ClassNotFoundException(name);
    try (InputStream in = getResourceAsStream(path)) {
      byte[] bytes = SystemCalls.redirect(in.readAllBytes());
      definePackageOf(name);
      return defineClass(name, bytes, 0, bytes.length, new CodeSource(placeOf(resource, path), (Certificate[]) null));
    } catch (IOException error) {
      throw new ClassNotFoundException(name, error);
    }
  }

  private void definePackageOf(String name) {
    int dot = name.lastIndexOf('.');
    if (dot < 0 || getDefinedPackage(name.substring(0, dot)) != null) return;
    try {
      definePackage(name.substring(0, dot), null, null, null, null, null, null, null);
    } catch (IllegalArgumentException error) {
      // Another thread was faster.
    }
  }

  /** The folder or jar that a resource is in. */
  private URL placeOf(URL resource, String path) {
    for (URL place : getURLs()) {
      String text = place.toString();
      if (resource.toString().equals(text + path) || resource.toString().equals("jar:" + text + "!/" + path)) return place;
    }
    return resource;
  }

  @Override
  public void close() {
    try {
      super.close();
    } catch (IOException error) {
      // Its files are deleted next.
    }
  }
}
