// Compression and decoding for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>
#include <vector>

#include "image/transfer/decompressor.h"

namespace skiff::image {

inline std::string Compress(const std::string& data, Compression compression) {
  if (compression == Compression::kNone) return data;
  std::vector<char> buffer(data.size() * 2 + 65536);
  size_t used = 0;
  archive* a = archive_write_new();
  archive_write_set_format_raw(a);
  switch (compression) {
    case Compression::kGzip:
      archive_write_add_filter_gzip(a);
      archive_write_set_filter_option(a, "gzip", "timestamp", nullptr);  // the same bytes for the same data
      break;
    case Compression::kBzip2: archive_write_add_filter_bzip2(a); break;
    case Compression::kXz: archive_write_add_filter_xz(a); break;
    default: archive_write_add_filter_zstd(a); break;
  }
  archive_write_set_bytes_in_last_block(a, 1);
  archive_write_open_memory(a, buffer.data(), buffer.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, data.data(), data.size());
  archive_entry_free(entry);
  archive_write_close(a);
  archive_write_free(a);
  return {buffer.data(), used};
}

inline std::string DecodeBase64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string data;
  unsigned group = 0, bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<unsigned>(kAlphabet.find(c));
    if ((bits += 6) >= 8) data += static_cast<char>(group >> (bits -= 8));
  }
  return data;
}

}  // namespace skiff::image
