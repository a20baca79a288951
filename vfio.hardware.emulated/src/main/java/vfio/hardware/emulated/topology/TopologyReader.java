// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.id.PciAddress;

/** The reader of one topology in YAML; used once. */
final class TopologyReader {

    /** An item of the file at the places it stands for. */
    private record Item(FunctionReader reader, List<PciAddress> places) {
    }

    private final String file;
    /** Equal functions share a model, listed one by one or repeated. */
    private final Map<FunctionDescription, FunctionDescription> models = new HashMap<>();
    private final Set<PciAddress> taken = new HashSet<>();

    TopologyReader(String file) {
        this.file = file;
    }

    /**
     * Reads the text of a topology.
     *
     * @return the functions in address order
     * @throws TopologyException where the text is wrong
     */
    List<FunctionSpec> read(byte[] bytes) throws TopologyException {
        Fields root = new Fields(file, new YamlText(file).compose(bytes), "a mapping with 'functions'").only("functions");
        root.require("functions", "a list");
        List<FunctionReader> readers = new ArrayList<>();
        for (Node node : root.list("functions", TopologyLimits.MOST_FUNCTIONS, "a list of functions")) {
            readers.add(new FunctionReader(file, node));
        }
        Layout layout = new Layout(readers);
        List<Item> items = new ArrayList<>();
        for (FunctionReader reader : readers) {
            items.add(new Item(reader, places(reader, layout.place(reader))));
        }
        for (Item item : items) {
            if (!item.reader.isBridge()) {
                occupy(layout, item, model(item, layout));
            }
        }
        layout.settle();
        List<FunctionSpec> specs = new ArrayList<>();
        for (Item item : items) {
            specs.addAll(specs(item, model(item, layout)));
        }
        specs.sort(Comparator.comparing(FunctionSpec::address));
        return specs;
    }

    /** Counts on over function, device, bus and domain. */
    private List<PciAddress> places(FunctionReader reader, PciAddress first) throws TopologyException {
        List<PciAddress> places = new ArrayList<>();
        int count = reader.repeat();
        boolean oneBus = reader.behind() != null;
        PciAddress place = first;
        for (int i = 0; i < count; i++) {
            if (oneBus && !Layout.sameBus(place, first)) {
                throw reader.fields().error(reader.fields().at("repeat"), count + " functions on one bus",
                        "at most " + i + " from " + first + " on");
            }
            take(reader, "address", place);
            places.add(place);
            if (i + 1 < count) {
                place = next(reader, place);
            }
        }
        return places;
    }

    private static PciAddress next(FunctionReader reader, PciAddress place) throws TopologyException {
        if (place.routingId() < 0xffff) {
            return place.withRoutingId(place.routingId() + 1);
        }
        if (place.domain() == -1) {
            throw reader.fields().error(reader.fields().at("repeat"), "functions beyond the last domain", "fewer");
        }
        return new PciAddress(place.domain() + 1, 0, 0, 0);
    }

    private void take(FunctionReader reader, String key, PciAddress place) throws TopologyException {
        if (!taken.add(place)) {
            String what = key.equals("sriov") ? "a VF at " : "a function at ";
            throw reader.fields().error(reader.fields().at(key), what + place + ", where there is one already",
                    "a free place");
        }
        if (taken.size() > TopologyLimits.MOST_FUNCTIONS) {
            throw reader.fields().error(reader.fields().at(key), "more than " + TopologyLimits.MOST_FUNCTIONS + " functions",
                    "fewer");
        }
    }

    private FunctionDescription model(Item item, Layout layout) throws TopologyException {
        FunctionDescription model =
                item.reader.model(item.reader.isBridge() ? layout.bridge(item.places.get(0)) : null);
        FunctionDescription equal = models.putIfAbsent(model, model);
        return equal == null ? model : equal;
    }

    private static void occupy(Layout layout, Item item, FunctionDescription model) {
        if (model.totalVfs() != 0) {
            for (PciAddress pf : item.places) {
                layout.occupy(pf, (int) Math.min(model.routingIdOfVf(pf, model.totalVfs() - 1) >> 8, 0xff));
            }
        }
    }

    private List<FunctionSpec> specs(Item item, FunctionDescription model) throws TopologyException {
        FunctionReader reader = item.reader;
        int enabled = reader.enabledVfs(model.totalVfs());
        OptionalInt group = reader.group();
        OptionalInt numa = reader.numa();
        List<FunctionSpec> specs = new ArrayList<>(item.places.size());
        for (PciAddress place : item.places) {
            for (int i = 0; i < enabled; i++) {
                long id = model.routingIdOfVf(place, i);
                if (id > 0xffff) {
                    throw reader.fields().error(reader.fields().at("sriov"), "VF " + i + " of " + place + " beyond bus ff",
                            "a smaller offset, stride or number");
                }
                take(reader, "sriov", place.withRoutingId((int) id));
            }
            specs.add(new FunctionSpec(place, model, group, numa, enabled));
        }
        return specs;
    }
}
