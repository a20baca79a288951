// SPDX-License-Identifier: Apache-2.0
/** Measures the product by name, beside what others offer for the same thing, in one run. */
package vfio.bench;
