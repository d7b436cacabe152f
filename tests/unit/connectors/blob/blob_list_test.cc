#include "connectors/blob/blob_list.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::blob {
namespace {

using tests::Has;

// In the form of learn.microsoft.com/rest/api/storageservices/list-blobs, "Response body".
constexpr char kPage[] = R"(<?xml version="1.0" encoding="utf-8"?>
<EnumerationResults ServiceEndpoint="http://myaccount.blob.core.windows.net/" ContainerName="c">
  <Prefix>y=2026/</Prefix><Marker>m</Marker><MaxResults>2</MaxResults><Delimiter>/</Delimiter>
  <Blobs>
    <Blob>
      <Name>y=2026/a&amp;b.json</Name>
      <Deleted>false</Deleted>
      <Properties>
        <Creation-Time>Mon, 30 Nov 2026 02:00:00 GMT</Creation-Time>
        <Last-Modified>Mon, 30 Nov 2026 02:59:09 GMT</Last-Modified>
        <Etag>0x8DBEA0B3E0F6B0B</Etag>
        <Content-Length>12345678901</Content-Length>
        <BlobType>AppendBlob</BlobType>
      </Properties>
      <Metadata><Name>a name of a user's</Name></Metadata>
      <Tags><TagSet><Tag><Key>Name</Key><Value>x</Value></Tag></TagSet></Tags>
    </Blob>
    <Blob>
      <Name Encoded="true">y=2026/%EF%BF%BE%2fx</Name>
      <Properties>
        <Last-Modified>Mon, 30 Nov 2026 02:59:09 GMT</Last-Modified>
        <Etag>"0x2"</Etag><Content-Length>0</Content-Length>
      </Properties>
    </Blob>
    <BlobPrefix><Name>y=2026/m=11/</Name></BlobPrefix>
  </Blobs>
  <NextMarker>2!88!MDAw</NextMarker>
</EnumerationResults>)";

TEST(BlobList, ReadsBlobsFoldersAndMarker) {
  Result<ListPage> page = ParseListPage(std::string("\xEF\xBB\xBF") + kPage);
  ASSERT_TRUE(page) << page.error().message();
  record::Ticks modified = *record::ParseIsoDatetime("2026-11-30T02:59:09Z");
  ASSERT_EQ(page->blobs.size(), 2U);
  EXPECT_EQ(page->blobs[0],
            (ListedBlob{"y=2026/a&b.json", 12345678901, "0x8DBEA0B3E0F6B0B", modified}));
  EXPECT_EQ(page->blobs[1], (ListedBlob{"y=2026/\xEF\xBF\xBE/x", 0, "0x2", modified}));
  EXPECT_EQ(page->folders, std::vector<std::string>{"y=2026/m=11/"});
  EXPECT_EQ(page->next_marker, "2!88!MDAw");
}

TEST(BlobList, AnEmptyContainer) {
  Result<ListPage> page =
      ParseListPage("<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->blobs.empty());
  EXPECT_EQ(page->next_marker, "");
}

// Whatever is cut off or left out of it: never a shorter list.
TEST(BlobList, WhatIsNotWholeIsRefused) {
  const std::string page = kPage;
  for (size_t length = 0; length < page.size(); ++length)
    EXPECT_FALSE(ParseListPage(page.substr(0, length))) << length;
  for (const char* element : {"Etag", "Content-Length"}) {
    std::string without = page;
    size_t begin = without.find(std::string("<") + element);
    std::string close = std::string("</") + element + ">";
    without.erase(begin, without.find(close) + close.size() - begin);
    EXPECT_TRUE(Has(ParseListPage(without).error().message(), "without name, length or ETag"));
  }
  std::string negative = page;
  negative.replace(negative.find("12345678901"), 11, "-1");
  EXPECT_FALSE(ParseListPage(negative));
}

TEST(BlobList, WhatIsNoListIsRefused) {
  EXPECT_TRUE(Has(ParseListPage("<html></html>").error().message(), "found html"));
  EXPECT_TRUE(Has(ParseListPage("<!DOCTYPE x [<!ENTITY a 'b'>]><EnumerationResults>&a;"
                                "</EnumerationResults>")
                      .error()
                      .message(),
                  "DOCTYPE"));
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "<EnumerationResults>";
  EXPECT_FALSE(ParseListPage(deep));
}

}  // namespace
}  // namespace keywatch::blob
