// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.io.IOException;
import java.io.InputStream;

/**
 * A class loader with a class of the tests, and the classes inside that, of its own: what a driver's bundle has. A class
 * {@code Missing} is not there.
 */
public final class OwnLoader extends ClassLoader {
    private final String name;

    private OwnLoader(Class<?> type) {
        super(type.getClassLoader());
        name = type.getName();
    }

    /** Makes an object of a class, by its constructor without arguments, in a new loader. */
    public static <T> T make(Class<? extends T> type, Class<T> known) {
        try {
            var constructor = new OwnLoader(type).loadClass(type.getName()).getDeclaredConstructor();
            constructor.setAccessible(true);
            return known.cast(constructor.newInstance());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected Class<?> loadClass(String wanted, boolean resolve) throws ClassNotFoundException {
        if (!wanted.equals(name) && !wanted.startsWith(name + "$")) {
            return super.loadClass(wanted, resolve);
        }
        synchronized (getClassLoadingLock(wanted)) {
            Class<?> loaded = findLoadedClass(wanted);
            return loaded == null ? defined(wanted) : loaded;
        }
    }

    private Class<?> defined(String wanted) throws ClassNotFoundException {
        if (wanted.endsWith("$Missing")) {
            throw new ClassNotFoundException(wanted);
        }
        try (InputStream file = getParent().getResourceAsStream(wanted.replace('.', '/') + ".class")) {
            if (file == null) {
                throw new ClassNotFoundException(wanted);
            }
            byte[] bytes = file.readAllBytes();
            return defineClass(wanted, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(wanted, e);
        }
    }
}
