// SPDX-License-Identifier: Apache-2.0
// idtable FILE…: prints the PCI id tables in kernel modules' binaries (64-bit, little-endian), a line an entry:
//   module vendor device subvendor subdevice class class_mask driver_data override_only
// in hex. Reads the tables that MODULE_DEVICE_TABLE(pci, …) names by a symbol; never the alias strings made of them.
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// struct pci_device_id of include/linux/mod_devicetable.h on x86-64: 36 bytes and padding.
struct entry {
    uint32_t vendor, device, subvendor, subdevice, class, class_mask;
    uint64_t driver_data;
    uint32_t override_only, padding;
};

static const char *file;

static void fail(const char *why)
{
    fprintf(stderr, "idtable: %s: %s\n", file, why);
    exit(1);
}

static unsigned char *readAll(size_t *size)
{
    FILE *in = fopen(file, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0)
        fail("cannot be read");
    *size = ftell(in);
    rewind(in);
    unsigned char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, in) != *size)
        fail("cannot be read");
    fclose(in);
    bytes[*size] = 0;
    return bytes;
}

// __mod_pci__NAME_device_table, or __mod_device_table__…__pci__NAME since 6.14.
static int isPciTable(const char *name)
{
    if (strncmp(name, "__mod_pci__", 11) == 0)
        return 1;
    return strncmp(name, "__mod_device_table__", 20) == 0 && strstr(name, "__pci__") != NULL;
}

static void printTable(const char *module, const unsigned char *at, size_t size)
{
    if (size % sizeof(struct entry) != 0)
        fail("a PCI id table is no multiple of 40 bytes");
    for (size_t i = 0; i < size / sizeof(struct entry); i++) {
        struct entry e;
        memcpy(&e, at + i * sizeof e, sizeof e);
        if (e.vendor == 0 && e.subvendor == 0 && e.class_mask == 0)
            break;
        printf("%s %x %x %x %x %x %x %llx %x\n", module, e.vendor, e.device, e.subvendor, e.subdevice, e.class,
               e.class_mask, (unsigned long long) e.driver_data, e.override_only);
    }
}

// The module's name as alias lines carry it: the file's, without .ko, and with _ for -.
static void moduleName(char *name, size_t most)
{
    const char *slash = strrchr(file, '/');
    snprintf(name, most, "%s", slash ? slash + 1 : file);
    char *end = strstr(name, ".ko");
    if (end)
        *end = 0;
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
}

static void printTables(const char *module, const unsigned char *bytes, size_t size)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *) bytes;
    if (size < sizeof *header || memcmp(bytes, ELFMAG, SELFMAG) != 0 || bytes[EI_CLASS] != ELFCLASS64
            || header->e_machine != EM_X86_64 || header->e_shoff + (uint64_t) header->e_shnum * sizeof(Elf64_Shdr) > size)
        fail("is no x86-64 ELF file");
    const Elf64_Shdr *sections = (const Elf64_Shdr *) (bytes + header->e_shoff);
    for (int s = 0; s < header->e_shnum; s++) {
        if (sections[s].sh_type != SHT_SYMTAB)
            continue;
        const char *names = (const char *) bytes + sections[sections[s].sh_link].sh_offset;
        const Elf64_Sym *symbols = (const Elf64_Sym *) (bytes + sections[s].sh_offset);
        for (size_t i = 0; i < sections[s].sh_size / sizeof *symbols; i++) {
            const Elf64_Sym *symbol = &symbols[i];
            if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= header->e_shnum || !isPciTable(names + symbol->st_name))
                continue;
            const Elf64_Shdr *section = &sections[symbol->st_shndx];
            if (symbol->st_value + symbol->st_size > section->sh_size || section->sh_offset + section->sh_size > size)
                fail("a PCI id table leaves its section");
            printTable(module, bytes + section->sh_offset + symbol->st_value, symbol->st_size);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: idtable FILE...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        char module[256];
        size_t size;
        file = argv[i];
        unsigned char *bytes = readAll(&size);
        moduleName(module, sizeof module);
        printTables(module, bytes, size);
        free(bytes);
    }
    return 0;
}
