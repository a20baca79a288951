// SPDX-License-Identifier: Apache-2.0
/** Real id tables, keys drawn from them, and libkmod's answers: shared by the suite here and the bench. */
package vfio.realworld.matching;
