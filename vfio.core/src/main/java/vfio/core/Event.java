// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.io.Serializable;
import java.time.Instant;

/**
 * A record of one thing that happened or was decided; it is text only, so that no event keeps a driver's bundle alive.
 *
 * @param sequence counts from 1 without gaps
 * @param type a word in kebab case: {@code bound}, {@code driver-arrived}
 * @param subject the name of the function, driver or file that the event happened to
 * @param text a clause for a person
 */
public record Event(long sequence, Instant time, String type, String subject, String text) implements Serializable {
}
