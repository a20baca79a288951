// SPDX-License-Identifier: Apache-2.0
package vfio.core.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The form of a setting's text, and of each text in a list. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Form {
    /** Returns a regular expression for the whole text. */
    String value();

    /** Returns the words of a refusal that name the expected form. */
    String expected();
}
