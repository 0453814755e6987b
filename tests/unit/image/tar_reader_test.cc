#include "image/transfer/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/transfer/crc64.h"
#include "image/transfer/pax.h"
#include "image/transfer/utf8.h"
#include "tests/unit/image/tar_builder.h"

namespace skiff::image {
namespace {

using testing::HasSubstr;

struct Read {
  std::vector<TarEntry> entries;
  std::vector<std::string> contents;
  std::string error;
};

Read ReadTar(const std::string& tar) {
  Read read;
  TextSource source(tar);
  TarReader reader(source, nullptr);
  TarEntry entry;
  while (true) {
    const auto more = reader.Next(entry);
    if (!more) {
      read.error = more.error().message();
      return read;
    }
    if (!*more) return read;
    read.entries.push_back(entry);
    std::string& content = read.contents.emplace_back();
    while (true) {
      const auto part = reader.ReadContent();
      if (!part) {
        read.error = part.error().message();
        return read;
      }
      if (part->empty()) break;
      content += *part;
    }
  }
}

std::string ErrorOf(const std::string& tar) { return ReadTar(tar).error; }

TEST(TarReader, ReadsPlainEntries) {
  const Read read = ReadTar(TarBuilder().Directory("d/", 01755).File("d/f", std::string(2000, 'x'), 04755).Symlink("l", "d/f")
                                .Add({'3', "dev", "", "", 0600, -1, 1, 7, 9}).Finish());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.entries.size(), 4u);
  EXPECT_EQ(read.entries[0].type, TarEntry::Type::kDirectory);
  EXPECT_EQ(read.entries[0].mode, 01755u);
  EXPECT_EQ(read.entries[1].name, "d/f");
  EXPECT_EQ(read.entries[1].mode, 04755u);
  EXPECT_EQ(read.entries[1].mtime.tv_sec, 1700000000);
  EXPECT_EQ(read.contents[1], std::string(2000, 'x'));
  EXPECT_EQ(read.entries[2].link_name, "d/f");
  EXPECT_EQ(read.entries[3].device_major, 7u);
  EXPECT_EQ(read.entries[3].device_minor, 9u);
}

TEST(TarReader, PaxRecordsOverrideTheHeader) {
  const std::string name(300, 'n');
  const Read read = ReadTar(TarBuilder()
                                .Add({'0', "short", "abc", "", 0644, 0, 0, 0, 0,
                                      {{"path", name}, {"size", "3"}, {"mtime", "12.5"}, {"uid", "4000000000"},
                                       {"SCHILY.xattr.user.k", std::string("a\0b", 3)}}})
                                .File("next", "")
                                .Finish());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.entries.size(), 2u);
  EXPECT_EQ(read.entries[0].name, name);
  EXPECT_EQ(read.entries[0].uid, 4000000000u);
  EXPECT_EQ(read.entries[0].mtime.tv_nsec, 500000000);
  EXPECT_EQ(read.entries[0].xattrs.at("user.k"), std::string("a\0b", 3));
  EXPECT_EQ(read.contents[0], "abc");
  EXPECT_EQ(read.entries[1].name, "next") << "the records are for one entry";
  EXPECT_TRUE(read.entries[1].xattrs.empty());
}

TEST(TarReader, GnuLongNamesPrefixesAndBinaryNumbers) {
  std::string block = TarBuilder::Header({'0', "f", "", "", 0644, 0});
  std::memcpy(block.data() + 345, "some/prefix", 11);
  block.replace(108, 8, std::string("\x80\0\0\0\0\x01\0\0", 8));  // uid 65536
  TarBuilder::Seal(block);
  const std::string name(200, 'g');
  const Read read = ReadTar(TarBuilder().LongName(name).File("cut", "x").AddRaw(block).Finish());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.entries.size(), 2u);
  EXPECT_EQ(read.entries[0].name, name);
  EXPECT_EQ(read.entries[1].name, "some/prefix/f");
  EXPECT_EQ(read.entries[1].uid, 65536u);
}

TEST(TarReader, GlobalRecordsAreNoEntry) {
  const Read read = ReadTar(TarBuilder().Add({'g', "pax_global_header", "18 comment=abcdef\n"}).File("f", "1").Finish());
  EXPECT_EQ(read.error, "");
  ASSERT_EQ(read.entries.size(), 1u);
  EXPECT_EQ(read.entries[0].name, "f");
}

TEST(TarReader, RefusesBrokenArchives) {
  const std::string good = TarBuilder().File("f", std::string(3000, 'x')).Finish();
  EXPECT_THAT(ErrorOf(good.substr(0, 300)), HasSubstr("ends inside a header"));
  EXPECT_THAT(ErrorOf(good.substr(0, 1500)), HasSubstr("ends inside a file"));
  std::string flipped = good;
  flipped[3] = 'X';
  EXPECT_THAT(ErrorOf(flipped), HasSubstr("checksum is wrong"));
  EXPECT_THAT(ErrorOf(std::string(512, '\0') + good), HasSubstr("single block of zeros"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'V', "label"}).Finish()), HasSubstr("unknown type"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'S', "sparse"}).Finish()), HasSubstr("sparse"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'0', "s", "", "", 0644, -1, 0, 0, 0, {{"GNU.sparse.major", "1"}}}).Finish()),
              HasSubstr("sparse"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'0', ""}).Finish()), HasSubstr("name is empty"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'0', "n", "", "", 0644, -1, 0, 0, 0, {{"path", std::string("a\0b", 3)}}}).Finish()),
              HasSubstr("holds a NUL"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'0', "n", "", "", 0644, -1, 0, 0, 0, {{"size", "-5"}}}).Finish()),
              HasSubstr("not a valid number"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'0', "n", "", "", 0644, -1, 0, 0, 0, {{"uid", "4294967295"}}}).Finish()),
              HasSubstr("not a valid number"));
  EXPECT_THAT(ErrorOf(TarBuilder().Add({'x', "pax", "9999 a=b\n"}).Finish()), HasSubstr("pax header is malformed"));
  EXPECT_THAT(ErrorOf(TarBuilder::Header({'L', "n", "", "", 0644, int64_t{1} << 30})), HasSubstr("1073741824 bytes"));
  EXPECT_THAT(ErrorOf(std::string(4096, 'z')), HasSubstr("checksum is wrong"));
}

TEST(TarReader, AnArchiveMayEndWithoutZeros) {
  const Read read = ReadTar(TarBuilder().File("f", "x").Unfinished());
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.entries.size(), 1u);
  EXPECT_EQ(ReadTar("").error, "");
}

TEST(Pax, Times) {
  EXPECT_EQ(ParsePaxTime("1.000000001")->tv_nsec, 1);
  EXPECT_EQ(ParsePaxTime("-1.25")->tv_sec, -2);
  EXPECT_EQ(ParsePaxTime("-1.25")->tv_nsec, 750000000);
  EXPECT_EQ(ParsePaxTime("5.12345678999")->tv_nsec, 123456789);
  for (const char* text : {"", "x", "1.x", "1e3", "."}) EXPECT_FALSE(ParsePaxTime(text)) << text;
}

TEST(Pax, Records) {
  EXPECT_EQ(ParsePaxRecords("6 a=b\n8 c==d=\n")->at("c"), "=d=");
  for (const char* text : {"6 a=b", "5 a=b\n", "7 a=b\n", "x a=b\n", "6 =bb\n", "5 ab\n", "-6 a=b\n", "3 \n", "0 "})
    EXPECT_FALSE(ParsePaxRecords(text)) << text;
}

TEST(Crc64, IsTheOneOfTarSplit) {
  const auto crc = [](std::string_view text) {
    Crc64 sum;
    sum.Update(text.substr(0, 3));
    sum.Update(text.substr(std::min<size_t>(3, text.size())));
    return sum.BigEndianBytes();
  };
  EXPECT_EQ(crc("123456789"), "\xb9\x09\x56\xc7\x75\xa4\x10\x01");
  EXPECT_EQ(crc("hi\n"), std::string("\x61\x49\x98\x10\0\0\0\0", 8));
}

TEST(Utf8, FollowsTheRfc) {
  for (const char* text : {"", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) EXPECT_TRUE(IsUtf8(text)) << text;
  for (const char* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xc3", "\xe0\x80\x80", "\xf4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(IsUtf8(text));
}

}  // namespace
}  // namespace skiff::image
