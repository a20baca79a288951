// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.header.Attrs;
import aQute.bnd.header.OSGiHeader;
import itest.ReactorBundles.Built;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import vfio.pci.core.PciIds;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.PciDeviceId;

/** {@code @PciIds} makes three things of one statement; for every driver jar as built, they say the same. */
class DriverIdsTest {

    static List<Built> driverJars() {
        return ReactorBundles.all().stream().filter(built -> !capabilities(built).isEmpty()).toList();
    }

    private static List<Attrs> capabilities(Built bundle) {
        String header = bundle.header("Provide-Capability");
        return header == null ? List.of() : OSGiHeader.parseHeader(header).entrySet().stream()
                .filter(clause -> clause.getKey().replace("~", "").equals(PciIds.CAPABILITY)).map(Map.Entry::getValue)
                .toList();
    }

    private static Map<String, Object> typed(Attrs attributes) {
        Map<String, Object> values = new HashMap<>();
        attributes.keySet().forEach(name -> values.put(name, attributes.getTyped(name)));
        return values;
    }

    /** By driver name, as the components' XML says. */
    private static Map<String, DriverIds> components(Built bundle) throws Exception {
        Map<String, DriverIds> drivers = new TreeMap<>();
        try (JarFile jar = new JarFile(bundle.jar().toFile())) {
            for (ZipEntry entry : jar.stream().filter(e -> e.getName().matches("OSGI-INF/.*\\.xml")).toList()) {
                try (InputStream xml = jar.getInputStream(entry)) {
                    Map<String, Object> properties = properties(xml);
                    if (properties.containsKey("vfio.pci.driver")) {
                        DriverIds ids = DriverIds.from(properties, "vfio.pci.", 0);
                        drivers.put(ids.driver(), ids);
                    }
                }
            }
        }
        return drivers;
    }

    private static Map<String, Object> properties(InputStream xml) throws Exception {
        NodeList elements = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml)
                .getElementsByTagName("property");
        Map<String, Object> properties = new HashMap<>();
        for (int i = 0; i < elements.getLength(); i++) {
            Element property = (Element) elements.item(i);
            Object value = property.hasAttribute("value") ? property.getAttribute("value")
                    : property.getTextContent().strip().split("\\s*\\n\\s*");
            properties.put(property.getAttribute("name"), value);
        }
        return properties;
    }

    @Test
    void theThreeDriversAreBuilt() {
        List<String> names = driverJars().stream().map(Built::name).toList();
        assertTrue(names.containsAll(List.of("vfio.pci.generic", "vfio.pci.mlx5", "vfio.pci.igd")), names::toString);
    }

    @ParameterizedTest
    @MethodSource("driverJars")
    void componentsAndCapabilitiesSayTheSame(Built bundle) throws Exception {
        Map<String, DriverIds> stated = new TreeMap<>();
        for (Attrs capability : capabilities(bundle)) {
            DriverIds ids = DriverIds.from(typed(capability), "", 0);
            assertEquals(null, stated.put(ids.driver(), ids), "two capabilities for driver " + ids.driver());
        }
        Map<String, DriverIds> components = components(bundle);
        assertEquals(components, stated);
        components.forEach((driver, ids) -> {
            assertFalse(ids.table().isEmpty(), driver + " has entries");
            assertEquals(ids.aliasLines(), stated.get(driver).aliasLines());
        });
    }

    @ParameterizedTest
    @MethodSource("driverJars")
    void eachEntryHasItsKey(Built bundle) {
        for (Attrs capability : capabilities(bundle)) {
            DriverIds ids = DriverIds.from(typed(capability), "", 0);
            List<String> keys = ids.table().stream().map(id -> key(id.vendor()) + ":" + key(id.device())).toList();
            assertEquals(keys, capability.getTyped("key"), "coarse keys of " + ids.driver());
        }
    }

    private static String key(int id) {
        return id == PciDeviceId.ANY ? "any" : "%04x".formatted(id);
    }

    @Test
    void namesAndAliasLinesAreTheKernels() throws Exception {
        assertDriver("vfio.pci.mlx5", "mlx5_vfio_pci", "mlx5-vfio-pci",
                "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci");
        assertDriver("vfio.pci.generic", "vfio-pci", "vfio-pci", "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci");
        assertDriver("vfio.pci.igd", "igd-vfio-pci", "igd-vfio-pci",
                "alias vfio_pci:v00008086d*sv*sd*bc03sc*i* igd_vfio_pci");
    }

    private static void assertDriver(String bundle, String driver, String ops, String... aliases) throws Exception {
        Built built = driverJars().stream().filter(b -> b.name().equals(bundle)).findFirst().orElseThrow();
        Map<String, DriverIds> components = components(built);
        assertEquals(List.of(driver), List.copyOf(components.keySet()));
        DriverIds ids = components.get(driver);
        assertEquals(ops, ids.ops());
        assertTrue(ids.vfio());
        assertEquals(List.of(aliases), ids.aliasLines().stream().map(Object::toString).toList());
    }
}
