//! Segments made by hand for the tests of reading, from docs/reference/segment.md, without the code that writes.

use crate::parse::identity::IDENTITY;
use crate::parse::seal::SEAL;
use easien_model::{CameraId, RunId, SegmentId, VolumeId};
use sha2::{Digest, Sha256};

/// What to put into a segment.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub segment: SegmentId,
    pub volume: VolumeId,
    pub camera: CameraId,
    pub run: RunId,
    pub which: &'static str,
    pub start_us: i64,
    pub rtp_start: i64,
    pub fragments: u32,
    /// Pictures in a fragment.
    pub frames: u32,
    /// Ticks of a picture.
    pub ticks: u32,
    /// Every so many fragments begin with a key frame.
    pub key_every: u32,
    /// The first fragments without a key frame.
    pub keyless: u32,
    pub bytes: usize,
    /// Bytes of sound in each fragment (µ-law, 8000 Hz); 0: no track.
    pub audio: usize,
    /// Reordered pictures: each second one is shown after the next.
    pub reorder: bool,
    pub closed: bool,
    /// Within fragments, each so many pictures is a key frame; 0: none.
    pub inner_key: u32,
    /// How much faster the labels run than the ticks.
    pub slew_ppm: i64,
    /// Byte that the pictures are filled with, to tell parameters apart.
    pub sps: u8,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            segment: SegmentId::new(),
            volume: VolumeId::new(),
            camera: CameraId::new(),
            run: RunId::new(),
            which: "sub",
            start_us: 1_763_870_400_000_000,
            rtp_start: 123_456,
            fragments: 5,
            frames: 15,
            ticks: 6000,
            key_every: 1,
            keyless: 0,
            bytes: 100,
            audio: 0,
            reorder: false,
            closed: true,
            inner_key: 0,
            slew_ppm: 0,
            sps: 0x42,
        }
    }
}

pub fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(body);
    out
}

fn full(kind: &[u8; 4], version: u8, flags: u32, body: &[u8]) -> Vec<u8> {
    let mut all = ((u32::from(version) << 24) | flags).to_be_bytes().to_vec();
    all.extend_from_slice(body);
    boxed(kind, &all)
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

impl Sketch {
    /// The bytes of picture `index` of the segment.
    pub fn picture(&self, index: u32) -> Vec<u8> {
        let key = self.is_key(index);
        let bytes = self.bytes + (index as usize * 7) % 50;
        let mut nal = vec![if key { 0x65 } else { 0x41 }];
        nal.extend((0..bytes).map(|at| (at as u32 * 31 + index * 7) as u8));
        let mut out = (nal.len() as u32).to_be_bytes().to_vec();
        out.extend(nal);
        out
    }

    pub fn is_key(&self, index: u32) -> bool {
        let fragment = index / self.frames;
        if self.inner_key > 0 && (index % self.frames).is_multiple_of(self.inner_key) {
            return true;
        }
        index.is_multiple_of(self.frames)
            && fragment >= self.keyless
            && (fragment - self.keyless).is_multiple_of(self.key_every)
    }

    fn identity(&self) -> Vec<u8> {
        let json = format!(
            r#"{{"v":1,"segment":"{}","station":"{}","volume":"{}","camera":"{}","code":"C017","name":"Cổng chợ","stream":"{}","run":"{}","start_us":{},"rtp_start":{},"clock_offset_us":null,"codec":"H264","width":640,"height":360,"audio":{}}}"#,
            self.segment,
            uuid::Uuid::nil(),
            self.volume,
            self.camera,
            self.which,
            self.run.0,
            self.start_us,
            self.rtp_start,
            if self.audio > 0 { "\"Pcmu\"" } else { "null" },
        );
        let mut body = IDENTITY.to_vec();
        body.extend(json.as_bytes());
        boxed(b"uuid", &body)
    }

    fn trak(&self, id: u32, timescale: u32, entry: &[u8], handler: &[u8; 4]) -> Vec<u8> {
        let mut tkhd = words(&[0, 0, id, 0, 0]);
        tkhd.resize(80, 0);
        let mut hdlr = words(&[0]);
        hdlr.extend(handler);
        hdlr.extend([0; 13]);
        let mut stsd = words(&[1]);
        stsd.extend(entry);
        let stbl = [
            full(b"stsd", 0, 0, &stsd),
            full(b"stts", 0, 0, &words(&[0])),
            full(b"stsc", 0, 0, &words(&[0])),
            full(b"stsz", 0, 0, &words(&[0, 0])),
            full(b"stco", 0, 0, &words(&[0])),
        ]
        .concat();
        let minf = boxed(b"minf", &boxed(b"stbl", &stbl));
        let mdia = [full(b"mdhd", 0, 0, &words(&[0, 0, timescale, 0, 0])), full(b"hdlr", 0, 0, &hdlr), minf]
            .concat();
        boxed(b"trak", &[full(b"tkhd", 0, 7, &tkhd), boxed(b"mdia", &mdia)].concat())
    }

    fn moov(&self) -> Vec<u8> {
        let mut visual = vec![0; 6];
        visual.extend([0, 1]);
        visual.resize(24, 0);
        visual.extend(640_u16.to_be_bytes());
        visual.extend(360_u16.to_be_bytes());
        visual.resize(78, 0);
        let mut avcc =
            vec![1, 0x42, 0xc0, 30, 0xff, 0xe1, 0, 4, 0x67, self.sps, 0xc0, 30, 1, 0, 2, 0x68, 0xce];
        if self.sps == 0x64 {
            avcc.extend([0xfd, 0xf8, 0xf8, 0]);
        }
        visual.extend(boxed(b"avcC", &avcc));
        let mut moov = full(b"mvhd", 0, 0, &[0; 96]);
        moov.extend(self.trak(1, 90_000, &boxed(b"avc1", &visual), b"vide"));
        let mut mvex = full(b"trex", 0, 0, &words(&[1, 1, 0, 0, 0]));
        if self.audio > 0 {
            let mut sound = vec![0, 0, 0, 0, 0, 0, 0, 1];
            sound.extend(words(&[0, 0, 0x0001_0010, 0, 8000 << 16]));
            moov.extend(self.trak(2, 8000, &boxed(b"ulaw", &sound), b"soun"));
            mvex.extend(full(b"trex", 0, 0, &words(&[2, 1, 0, 0, 0])));
        }
        moov.extend(boxed(b"mvex", &mvex));
        boxed(b"moov", &moov)
    }

    /// Microseconds of a fragment.
    pub fn fragment_us(&self) -> i64 {
        let us = i64::from(self.frames) * i64::from(self.ticks) * 100 / 9;
        us + us * self.slew_ppm / 1_000_000
    }

    fn fragment(&self, number: u32) -> Vec<u8> {
        let pictures: Vec<u32> = ((number - 1) * self.frames..number * self.frames).collect();
        let mut data = Vec::new();
        let mut trun = words(&[self.frames, 0]);
        for index in &pictures {
            let bytes = self.picture(*index);
            let key = self.is_key(*index);
            trun.extend(words(&[
                self.ticks,
                bytes.len() as u32,
                if key { 0x0200_0000 } else { 0x0101_0000 },
                // Shown in the order 0 2 1 4 3 ...: within a fragment of an odd number of pictures.
                match (self.reorder, index % self.frames) {
                    (false, _) | (_, 0) => 0,
                    (true, place) if place + 1 == self.frames && place % 2 == 1 => 0,
                    (true, place) if place % 2 == 1 => self.ticks,
                    (true, _) => self.ticks.wrapping_neg(),
                },
            ]));
            data.extend(bytes);
        }
        let decode = i64::from(number - 1) * i64::from(self.frames) * i64::from(self.ticks);
        let mut traf = full(b"tfhd", 0, 0x02_0000, &words(&[1]));
        traf.extend(full(b"tfdt", 1, 0, &decode.to_be_bytes()));
        let video_bytes = data.len();
        let make = |moof_bytes: u32| {
            let mut trun = trun.clone();
            trun[4..8].copy_from_slice(&(moof_bytes + 8).to_be_bytes());
            let mut all = full(b"mfhd", 0, 0, &words(&[number]));
            all.extend(boxed(b"traf", &[traf.clone(), full(b"trun", 1, 0xf01, &trun)].concat()));
            if self.audio > 0 {
                let mut traf = full(b"tfhd", 0, 0x02_0000, &words(&[2]));
                let decode = decode * 8000 / 90_000;
                traf.extend(full(b"tfdt", 1, 0, &decode.to_be_bytes()));
                // Two packets a fragment.
                let ticks = (i64::from(self.frames) * i64::from(self.ticks) * 8000 / 90_000 / 2) as u32;
                let half = self.audio as u32 / 2;
                traf.extend(full(
                    b"trun",
                    1,
                    0x301,
                    &words(&[2, moof_bytes + 8 + video_bytes as u32, ticks, half, ticks, half]),
                ));
                all.extend(boxed(b"traf", &traf));
            }
            boxed(b"moof", &all)
        };
        let moof = make(make(0).len() as u32);
        if self.audio > 0 {
            data.extend((0..self.audio / 2 * 2).map(|at| at as u8 ^ number as u8));
        }
        [moof, boxed(b"mdat", &data)].concat()
    }

    /// The file's bytes and where each fragment begins.
    pub fn bytes_and_places(&self) -> (Vec<u8>, Vec<usize>) {
        let mut out = boxed(b"ftyp", b"iso6\0\0\0\0iso6mp41avc1");
        out.extend(self.identity());
        out.extend(self.moov());
        let mut places = Vec::new();
        let mut hash = Sha256::new();
        let mut hashed = 0;
        for number in 1..=self.fragments {
            places.push(out.len());
            out.extend(self.fragment(number));
            let begin = self.start_us + i64::from(number - 1) * self.fragment_us();
            let mut seal = SEAL.to_vec();
            seal.extend(number.to_be_bytes());
            seal.extend(begin.to_be_bytes());
            seal.extend((begin + self.fragment_us()).to_be_bytes());
            seal.extend(u32::from(self.is_key((number - 1) * self.frames)).to_be_bytes());
            seal.extend(self.frames.to_be_bytes());
            out.extend(&boxed(b"uuid", &[&seal[..], &[0; 32]].concat())[..52]);
            hash.update(&out[hashed..]);
            hashed = out.len();
            out.extend(hash.clone().finalize());
        }
        if self.closed {
            let keys: Vec<(u32, usize)> = places
                .iter()
                .enumerate()
                .map(|(at, place)| (at as u32, *place))
                .filter(|(at, _)| self.is_key(at * self.frames))
                .collect();
            let mut tfra = words(&[1, 0, keys.len() as u32]);
            for (at, place) in keys {
                tfra.extend((u64::from(at) * u64::from(self.frames * self.ticks)).to_be_bytes());
                tfra.extend((place as u64).to_be_bytes());
                tfra.extend([1, 1, 1]);
            }
            let tfra = full(b"tfra", 1, 0, &tfra);
            let mfro = full(b"mfro", 0, 0, &words(&[tfra.len() as u32 + 24]));
            out.extend(boxed(b"mfra", &[tfra, mfro].concat()));
        }
        (out, places)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_and_places().0
    }
}
