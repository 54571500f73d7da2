//! The macro that makes everything the code knows of events out of one table.

/// Declares the events. A line is the wire name, the kind ([`EventKind`](super::EventKind)), the variant with its data,
/// and for a fact or a tally the field of the data that holds the id of what it is about:
///
/// ```text
/// /// What it says, which is also its line in docs/EVENTS.md.
/// "question:created" Fact Created(QuestionCreated) about id.0;
/// ```
///
/// It makes [`Event`](super::Event), [`EventType`](super::EventType), [`EVENT_TYPES`](super::EVENT_TYPES), and the parts of
/// an event's writer and reader that differ from type to type.
macro_rules! events {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $kind:ident $variant:ident $(($data:ty))? $(about $($subject:tt).+)?;
    )+) => {
        /// Everything a stream can say.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[doc = $doc])+ $variant $(($data))?,)+
        }

        /// The type of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// The `type` of each event on the wire, in the order of [`EventType`].
        pub const EVENT_TYPES: [&str; [$($name),+].len()] = [$($name),+];

        impl EventType {
            /// The `type` on the wire and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What kind of event it is.
            #[must_use]
            pub const fn kind(self) -> EventKind {
                match self {
                    $(Self::$variant => EventKind::$kind,)+
                }
            }

            /// What it says, in a sentence of the documentation.
            #[cfg(test)]
            const fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+),)+
                }
            }
        }

        impl FromStr for EventType {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownWord),
                }
            }
        }

        impl Event {
            /// Its type.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self {
                    $(Self::$variant { .. } => EventType::$variant,)+
                }
            }

            /// The id of what it is about: a question, a team, a tag or the tenant. A signal is about nothing.
            #[must_use]
            pub const fn subject(&self) -> Option<Uuid> {
                match self {
                    $($(Self::$variant(data) => Some(data.$($subject).+),)?)+
                    _ => None,
                }
            }

            /// Writes the `data` field, where the event has one.
            fn write_data<S: SerializeStruct>(&self, to: &mut S) -> Result<(), S::Error> {
                match self {
                    $(events!(@pattern data $variant $(($data))?) => events!(@write to data $(($data))?),)+
                }
            }

            /// Reads the data of an event of this type; `data` is absent where the message has none.
            fn read_data<'de, A: MapAccess<'de>>(name: &str, data: Option<&mut A>) -> Result<Self, A::Error> {
                Ok(match name {
                    $($name => events!(@read $kind data $variant $(($data))?),)+
                    "" => return Err(A::Error::missing_field("type")),
                    // A type of a later version only moves the cursor.
                    _ => events!(@read Signal data Cursor),
                })
            }
        }
    };

    (@pattern $field:ident $variant:ident) => { Self::$variant };
    (@pattern $field:ident $variant:ident ($data:ty)) => { Self::$variant($field) };

    (@write $to:ident $field:ident) => { Ok(()) };
    (@write $to:ident $field:ident ($data:ty)) => { $to.serialize_field("data", $field) };

    (@read Signal $field:ident $variant:ident $(($data:ty))?) => {{
        skip($field)?;
        Self::$variant $((<$data>::default()))?
    }};
    (@read $kind:ident $field:ident $variant:ident ($data:ty)) => { Self::$variant(next($field)?) };
}
