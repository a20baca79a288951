// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.function.Function;

/** Addresses of a network interface, up or not, as the kernel's socket calls tell. */
final class InterfaceAddresses implements Function<String, List<String>> {

    @Override
    public List<String> apply(String name) {
        try {
            NetworkInterface found = NetworkInterface.getByName(name);
            return found == null ? List.of()
                    : found.getInterfaceAddresses().stream().map(each -> each.getAddress().getHostAddress()).toList();
        } catch (SocketException e) {
            return List.of(); // it has left meanwhile
        }
    }
}
