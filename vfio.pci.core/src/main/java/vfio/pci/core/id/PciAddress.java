// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.io.Serializable;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a function is: {@code 0000:01:00.1}. Ordered by domain, bus, device, function.
 *
 * @param domain 32 bits, unsigned (the kernel's VMD domains need more than 16)
 * @param bus 0 to 255
 * @param device 0 to 31
 * @param function 0 to 7
 */
public record PciAddress(int domain, int bus, int device, int function) implements Comparable<PciAddress>, Serializable {
    private static final Pattern TEXT =
            Pattern.compile("(?:([0-9a-fA-F]{1,8}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");
    private static final HexFormat HEX = HexFormat.of();

    public PciAddress {
        if ((bus & ~0xff) != 0 || (device & ~0x1f) != 0 || (function & ~7) != 0) {
            throw new IllegalArgumentException("no PCI address: bus " + bus + " (0 to 255), device " + device
                    + " (0 to 31), function " + function + " (0 to 7)");
        }
    }

    /**
     * Reads {@code [domain:]bus:device.function} in hex; a missing domain is 0.
     *
     * @throws IllegalArgumentException where the text is nothing of the kind
     */
    public static PciAddress parse(String text) {
        Matcher m = TEXT.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no PCI address; expected [domain:]bus:device.function in hex, such as 0000:01:00.1");
        }
        int domain = m.group(1) == null ? 0 : Integer.parseUnsignedInt(m.group(1), 16);
        return new PciAddress(domain, Integer.parseInt(m.group(2), 16), Integer.parseInt(m.group(3), 16),
                Integer.parseInt(m.group(4)));
    }

    /** Returns device and function in one byte, as in the kernel's {@code devfn}. */
    public int devfn() {
        return device << 3 | function;
    }

    /** Returns bus, device and function in 16 bits: the requester id on the wire. */
    public int routingId() {
        return bus << 8 | devfn();
    }

    /** Returns the address that has the routing id {@code id} in this domain. */
    public PciAddress withRoutingId(int id) {
        return new PciAddress(domain, id >> 8 & 0xff, id >> 3 & 0x1f, id & 7);
    }

    @Override
    public int hashCode() {
        return 31 * domain + routingId();
    }

    @Override
    public int compareTo(PciAddress other) {
        int order = Integer.compareUnsigned(domain, other.domain);
        return order != 0 ? order : Integer.compare(routingId(), other.routingId());
    }

    /** Prints four digits for the domain, more only where it needs them, as the kernel's {@code pci_name}. */
    @Override
    public String toString() {
        return (domain >>> 16 == 0 ? HEX.toHexDigits((short) domain) : Integer.toHexString(domain)) + ":"
                + HEX.toHexDigits((byte) bus) + ":" + HEX.toHexDigits((byte) device) + "." + function;
    }
}
