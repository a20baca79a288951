// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A mark of a class through which a user's call reaches a driver's code; {@link OwnCalls} finds it on a thread's stack. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface CallPath {
    /** Returns the methods that run inside a {@link Gate} and call the driver; none where each method runs before a gate. */
    String[] gated() default {};
}
