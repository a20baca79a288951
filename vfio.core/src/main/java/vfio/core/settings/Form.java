// SPDX-License-Identifier: Apache-2.0
package vfio.core.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the text of a setting looks like, each of a list. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Form {
    /** A regular expression for the whole text. */
    String value();

    /** What is expected, for a sentence. */
    String expected();
}
