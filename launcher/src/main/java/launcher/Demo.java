// SPDX-License-Identifier: Apache-2.0
package launcher;
final class Demo { private Demo() { } static int main(String[] args, Home home) { return 0; } }
