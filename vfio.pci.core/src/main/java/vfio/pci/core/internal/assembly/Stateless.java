// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Set;
import vfio.pci.core.VfioPciOperations;

/**
 * The test whether a driver's operations of an open device have no state of their own: their classes have no field beside
 * static ones, and override nothing that opens, closes, migrates, logs, adds features or wires interrupts. Such a driver is
 * exchanged without a call of the driver.
 */
final class Stateless {
    private static final Set<String> KEEP_STATE = Set.of("openDevice", "closeDevice", "migration", "dirtyLog", "features",
            "setIrqs", "handOver", "takeOver", "stay", "handedOver");

    private Stateless() {
    }

    static boolean is(VfioPciOperations operations) {
        try {
            return of(operations.getClass());
        } catch (LinkageError e) {
            return false; // a type that a field or method names is not there
        }
    }

    private static boolean of(Class<?> operations) {
        for (Class<?> type = operations; type != VfioPciOperations.class; type = type.getSuperclass()) {
            if (Arrays.stream(type.getDeclaredFields()).anyMatch(Stateless::isOwn)
                    || Arrays.stream(type.getDeclaredMethods()).map(Method::getName).anyMatch(KEEP_STATE::contains)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOwn(Field field) {
        return !Modifier.isStatic(field.getModifiers());
    }
}
